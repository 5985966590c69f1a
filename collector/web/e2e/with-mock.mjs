// All browser tests on the mock: those that need it to misbehave, then those for any collector.
import { spawn } from 'node:child_process';
import { PASSWORD, startMock, USER } from '../mock/server.mjs';
import { runMockTests } from './mock-only.mjs';

const counts = await runMockTests();

const mock = await startMock();
// A process of its own: it runs commands and waits for them, which would keep the mock from answering.
const child = spawn(process.execPath, ['e2e/run.mjs'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    ...process.env,
    OPENWATCH_URL: mock.url,
    OPENWATCH_USER: USER,
    OPENWATCH_PASSWORD: PASSWORD,
    OPENWATCH_HOST: 'web-0000',
    OPENWATCH_CHANGE_CMD: `curl -fsS -X POST ${mock.url}/mock/change`,
  },
});
let output = '';
child.stdout.on('data', (chunk) => {
  output += chunk;
  process.stdout.write(chunk);
});
const code = await new Promise((resolve) => child.on('exit', resolve));
await mock.close();

const [, passed = 0, failed = 1] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [];
console.log(`${counts.passed + Number(passed)} passed, ${counts.failed + Number(failed)} failed`);
process.exitCode = code !== 0 || counts.failed > 0 ? 1 : 0;
