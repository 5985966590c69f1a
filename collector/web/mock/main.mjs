// `npm run mock`: the mock on the port that `npm run dev` passes the API on to.
import { PASSWORD, startMock, USER } from './server.mjs';

const { url } = await startMock({ port: 4700, hosts: Number(process.env.HOSTS ?? 1_200) });
console.log(`${url}  sign in as ${USER} / ${PASSWORD}`);
