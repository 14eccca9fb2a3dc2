// What a worker knows of the node behind a cache: its commands, its databases, how it is.
#include <charconv>

#include "gateway/redis/redis_worker.h"
#include "gateway/redis/worker_cache.h"

namespace forebay::redis {
namespace {

constexpr Duration kAskAgain = seconds(5);

std::map<std::string, std::string, std::less<>> readInfo(Bytes text) {
  std::map<std::string, std::string, std::less<>> fields;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    Bytes line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const size_t colon = line.find(':');
    if (colon != Bytes::npos && line[0] != '#') fields.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  return fields;
}

}  // namespace

void WorkerCache::learned(const HelloReply& hello) {
  if (hello.version.empty() || (hello.version == facts_->version && hello.mode == facts_->mode)) return;
  auto facts = std::make_shared<NodeFacts>(*facts_);
  facts->version = hello.version;
  facts->mode = hello.mode;
  apply(std::move(facts));
}

// One worker asks for all: it keeps a connection of its own for that.
void WorkerCache::watchNode() {
  watches_ = true;
  askNode();
}

void WorkerCache::askNode() {
  if (closing_ || !watches_ || !hasNode()) return;
  using redisproto::request;
  if (watcher_ == nullptr) {
    watcher_ = &makeServer(Server::Kind::kLeased, redisproto::Resp::k2, 0);
    watcher_->dial();
    return;
  }
  if (watcher_->state() != Server::State::kReady) return watch_tick_.in(kAskAgain);
  if (!questions_.empty()) {  // its sockets are open, but nobody is at home
    shared_->silent(std::chrono::system_clock::now(), "it has not answered INFO for 5 s");
    return watch_tick_.in(kAskAgain);
  }
  const auto ask = [this](Question question, const std::string& wire) {
    questions_.pushBack(question);
    watcher_->put(nullptr, nullptr, Owed::Kind::kOwn, wire);
  };
  if (!asked_commands_) {
    asked_commands_ = true;
    ask(Question::kCommand, request({"COMMAND"}));
    ask(Question::kDatabases, request({"CONFIG", "GET", "databases"}));
  }
  ask(Question::kInfo, request({"INFO"}));
  watch_tick_.in(kAskAgain);
}

void WorkerCache::polled(Bytes reply) {
  if (questions_.empty()) return;
  const Question question = questions_.front();
  questions_.popFront();
  const bool failed = reply.empty() || reply[0] == '-';
  switch (question) {
    case Question::kCommand: {
      learning_ = *facts_;
      // Tables are never freed, since what is on its way points into them: one is made of another reply only.
      const size_t hash = std::hash<Bytes>{}(reply);
      if (failed || std::exchange(commands_hash_, hash) == hash) return;
      auto table = redisproto::CommandTable::fromReply(reply);
      if (table) {
        learning_.commands = *table;
      } else {
        worker_.log().warning() << "cache " << name()
                                << ": the reply to COMMAND is not understood: " << table.error();
      }
      return;
    }
    case Question::kDatabases: {
      const std::vector<Element> all = flatten(reply);
      if (!failed && all.size() == 3)
        std::from_chars(all[2].text.data(), all[2].text.data() + all[2].text.size(), learning_.databases);
      return worker_.publishFacts(name(), std::make_shared<NodeFacts>(learning_));
    }
    case Question::kInfo: {
      NodeStats stats;
      stats.at = std::chrono::system_clock::now();
      const std::vector<Element> all = flatten(reply, 1);
      shared_->reached(stats.at);
      if (failed) stats.error = errorText(reply);
      if (!failed && !all.empty()) stats.fields = readInfo(all[0].text);
      const auto run = stats.fields.find("run_id");
      shared_->isRun(run != stats.fields.end() ? run->second : std::string());
      return shared_->setStats(std::move(stats));
    }
  }
}

const redisproto::Command* WorkerCache::lookUp(const std::vector<Bytes>& args) {
  const Bytes name = args[0];
  const redisproto::Command* command = commands().find(name, args.size() > 1 ? args[1] : Bytes());
  // Of a container's commands the second word decides.
  if (command == nullptr || command->container || command->name.size() != name.size()) return command;
  if (name.size() > last_.name.size()) return command;
  last_.size = name.size();
  std::copy(name.begin(), name.end(), last_.name.begin());
  last_.command = command;
  return command;
}

void WorkerCache::apply(FactsPtr facts) {
  old_facts_.push_back(facts_);  // what is on its way points into its commands
  if (old_facts_.size() > 1 && facts_->commands == facts->commands) old_facts_.pop_back();
  facts_ = std::move(facts);
  last_ = {};
  acls_.clear();
  resolveUsers();
}

}  // namespace forebay::redis
