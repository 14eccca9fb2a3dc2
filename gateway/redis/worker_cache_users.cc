// Who may use a cache, and what.
#include "gateway/redis/redis_worker.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {

UserPtr WorkerCache::findUser(Bytes name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : found->second;
}

const redisproto::Acl* WorkerCache::acl(const UserPtr& user) {
  if (user == nullptr || !user->restricted) return nullptr;
  auto& acl = acls_[user->name];
  if (acl) return acl.get();
  auto made = redisproto::Acl::make(user->rules, facts_->commands);
  if (!made) {
    // The rules were understood when they were read, but not with this server's commands. Who cannot be
    // judged may do nothing.
    worker_.log().error() << "cache " << name() << ": user " << user->name << ": " << made.error();
    made = redisproto::Acl::make({.commands = "nocommands", .keys = {}, .channels = {}}, facts_->commands);
  }
  if (made) acl = *made;
  return acl.get();
}

void WorkerCache::welcome(Client& client) {
  const UserPtr user = findUser("default");
  if (user != nullptr && user->password_digest.empty()) client.rightsChanged(user, acl(user));
}

// After the settings or the commands have changed.
void WorkerCache::resolveUsers() {
  std::vector<Client*> gone;
  clients_.forEach([&](Client& client) {
    if (client.user() == nullptr) return;
    const UserPtr user = findUser(client.user()->name);
    if (user == nullptr) return gone.push_back(&client);
    client.rightsChanged(user, acl(user));
  });
  for (Client* client : gone) client->close("its user was removed from the settings");
}

void WorkerCache::closeClients(std::string_view reason) {
  std::vector<Client*> all;
  clients_.forEach([&](Client& client) { all.push_back(&client); });
  for (Client* client : all) client->close(reason);
}

Server& WorkerCache::makeSubscriber() {
  return makeServer(Server::Kind::kSubscriber, speaks_hello_ ? redisproto::Resp::k3 : redisproto::Resp::k2,
                    0);
}

}  // namespace forebay::redis
