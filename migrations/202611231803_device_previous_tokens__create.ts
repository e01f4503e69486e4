import { sql, type Kysely } from 'kysely';

/**
 * Tokens that were rotated out: good until `valid_until`, revoked after it. They are kept, because a
 * token that was once known must not be answered as an unknown one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE device_previous_tokens (
      token_id text PRIMARY KEY,
      device_id uuid NOT NULL,
      valid_until timestamptz NOT NULL,
      rotated_at timestamptz NOT NULL DEFAULT now()
    )
  `.execute(db);
  await sql`CREATE INDEX device_previous_tokens_device_id ON device_previous_tokens (device_id)`.execute(
    db,
  );
  // A deleted device's alias is free for the next one; restoring the device asks for it again.
  await sql`ALTER TABLE devices ADD COLUMN alias_before_deletion text`.execute(db);
  await sql`
    CREATE OR REPLACE FUNCTION log_device_auth_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.token_id IS NOT NULL THEN
        INSERT INTO device_auth_changes (token_id) VALUES (OLD.token_id);
      END IF;
      IF TG_OP = 'UPDATE' AND NEW.token_id IS DISTINCT FROM OLD.token_id AND NEW.token_id IS NOT NULL THEN
        INSERT INTO device_auth_changes (token_id) VALUES (NEW.token_id);
      END IF;
      INSERT INTO device_auth_changes (token_id)
        SELECT token_id FROM device_previous_tokens WHERE device_id = OLD.id;
      RETURN NULL;
    END
    $$
  `.execute(db);
  await sql`
    CREATE FUNCTION log_previous_token_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO device_auth_changes (token_id) VALUES (OLD.token_id);
      RETURN NULL;
    END
    $$
  `.execute(db);
  await sql`
    CREATE CONSTRAINT TRIGGER device_previous_tokens_changed
      AFTER UPDATE OR DELETE ON device_previous_tokens
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION log_previous_token_change()
  `.execute(db);
  // What belongs to a device goes with its row. Not by foreign keys: the writer would pay for them.
  await sql`
    CREATE FUNCTION remove_device_belongings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM device_last_status WHERE device_id = OLD.id;
      DELETE FROM device_previous_tokens WHERE device_id = OLD.id;
      RETURN NULL;
    END
    $$
  `.execute(db);
  await sql`
    CREATE TRIGGER devices_remove_belongings
      AFTER DELETE ON devices FOR EACH ROW EXECUTE FUNCTION remove_device_belongings()
  `.execute(db);
}
