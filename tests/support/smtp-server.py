# A real SMTP server (aiosmtpd) on a port of its own, for tests:
#   python smtp-server.py FOLDER starttls|tls USER PASSWORD
# FOLDER has certificate.pem and key.pem for localhost. Nothing is taken before the connection is encrypted and
# USER has signed in. Says `listening PORT`, and then a line of JSON for each message that it takes.
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, security, user, password = sys.argv[1:]


class Handler:
    async def handle_DATA(self, server, session, envelope):
        # What some servers say of whom they do not know.
        if any(to.startswith("nobody@") for to in envelope.rcpt_tos):
            return "550 5.1.1 there is nobody of that name"
        text = envelope.content.decode("utf-8", "replace")
        told = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "text": text}
        print(json.dumps({**told, "encrypted": session.ssl is not None}), flush=True)
        return "250 2.0.0 taken"


def signs_in(server, session, envelope, mechanism, login):
    fits = login.login.decode() == user and login.password.decode() == password
    return AuthResult(success=fits, handled=False)


async def main():
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(f"{folder}/certificate.pem", f"{folder}/key.pem")
    inside = {} if security == "tls" else {"tls_context": tls, "require_starttls": True}
    serve = lambda: SMTP(
        Handler(),
        hostname="smtp.test",
        authenticator=signs_in,
        auth_required=True,
        auth_require_tls=security != "tls",
        **inside,
    )
    around = tls if security == "tls" else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=around)
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
