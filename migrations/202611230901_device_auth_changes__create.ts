import { sql, type Kysely } from 'kysely';

/**
 * A log of the tokens whose cached settings are no longer true, kept by a trigger so that a change
 * by hand counts too. Every ingest process reads what is new in it each second and forgets those
 * tokens. Both the old and the new token of a rotation are in it. The triggers run at the commit, so
 * that a change of a long transaction carries the time at which others can see it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE device_auth_changes (
      token_id text NOT NULL,
      changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
  `.execute(db);
  await sql`CREATE INDEX device_auth_changes_changed_at ON device_auth_changes (changed_at)`.execute(
    db,
  );
  await sql`
    CREATE FUNCTION log_device_auth_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.token_id IS NOT NULL THEN
        INSERT INTO device_auth_changes (token_id) VALUES (OLD.token_id);
      END IF;
      IF TG_OP = 'UPDATE' AND NEW.token_id IS DISTINCT FROM OLD.token_id AND NEW.token_id IS NOT NULL THEN
        INSERT INTO device_auth_changes (token_id) VALUES (NEW.token_id);
      END IF;
      RETURN NULL;
    END
    $$
  `.execute(db);
  await sql`
    CREATE CONSTRAINT TRIGGER devices_auth_changed
      AFTER UPDATE OF token_id, token_revoked_at, deleted_at,
        monitored_package, monitored_threshold_min, monitor_enabled
      ON devices DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION log_device_auth_change()
  `.execute(db);
  await sql`
    CREATE CONSTRAINT TRIGGER devices_removed
      AFTER DELETE ON devices DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION log_device_auth_change()
  `.execute(db);
}
