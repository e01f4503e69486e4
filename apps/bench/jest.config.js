export { jestPreset as default } from '@nexmdm/tooling/jest';
