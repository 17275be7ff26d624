import type { Demo } from '../demo/load-demo.js';

const message = {
  message: {
    title: 'Teste',
    body: 'Conteúdo da notificação',
    authorLogin: 'admin',
    recipientLogin: 'dmurta',
    question: 'teste',
  },
  metadata: {},
};

interface Started {
  gateway: string;
  ops: string;
  opsUser: string;
  opsPassword: string;
  demo: Demo;
  demoFile: string;
}

/** Returns the final message, with commands to paste into a shell. */
export function whatToTry({ gateway, ops, opsUser, opsPassword, demo, demoFile }: Started): string {
  const company = demo.companies[0]!;
  const recipient = company.users.find(({ login }) => login === message.message.recipientLogin)!;
  const json = `-H 'Content-Type: application/json'`;
  return `
Herald is up: ${gateway}
Every route, to read and to try: ${gateway}/docs

A message from admin to dmurta:

MESSAGE=$(curl -s ${gateway}/v1/feed/ai ${json} -H 'Authorization: Bearer ${String(company['accessToken'])}' -d '${JSON.stringify(message)}' | sed 's/.*"correlationId":"\\([^"]*\\)".*/\\1/'); echo "$MESSAGE"

dmurta's feed, once the message is there:

for try in $(seq 50); do curl -s '${gateway}/v1/feed?tab=ai' -H 'Authorization: Bearer ${recipient.jwt}' | grep -F "$MESSAGE" && break; sleep 0.2; done

Queues, dead letters and messages, for operators: ${ops}
(log in as ${opsUser}, ${opsPassword})

All tokens and URLs: ${demoFile}
Ctrl-C stops everything; the data stay.
`;
}
