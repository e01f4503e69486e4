export { jestPresetWithServers as default } from '@nexmdm/tooling/jest';
