// Who is let in, and who is not.
import { check, equal, fails } from "./checks.mjs";
import { connect, clients, one } from "./clients.mjs";

check("login", () =>
  clients(1, async (c) => {
    equal(c.connection.stream.encrypted, true, "TLS");
    equal(await one(c, "select current_user::text"), "app");
  }),
);

check("login_with_channel_binding", () =>
  clients(1, async (c) => equal(await one(c, "select 1"), 1), { enableChannelBinding: true }),
);

check("login_refused", async () => {
  await fails("28P01", connect({ password: "wrong" }));
  await fails("28P01", connect({ user: "nobody", password: "x" }));
  await fails("3D000", connect({ database: "nowhere" }));
  const verdict = await connect({ ssl: false }).catch((error) => error);
  equal(verdict instanceof Error, true, "refused without TLS");
});
