// A Fleet made of variables: it notes what it was asked for and answers when the test says so.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conf/address.h"
#include "gateway/admin/fleet.h"

namespace forebay::admin {

class FakeFleet : public Fleet {
 public:
  FakeFleet() { config->postgres.auth_type = conf::AuthType::kTrust; }  // needs no password file to be valid

  Snapshot snapshot;
  std::shared_ptr<conf::Config> config = std::make_shared<conf::Config>();
  Status next_status = Ok{};
  Result<std::vector<std::string>> reload_report = std::vector<std::string>{};
  probe::PromotionReport promotion_report{"", "pg-0:5432 is promoted"};
  bool holds_answers = false;  // answers are kept in `open` instead of given at once

  std::vector<std::string> calls;  // "pause orders"
  std::vector<Detail> collected;
  std::vector<std::function<void()>> open;  // answers that were held back
  conf::ConfigPtr applied;

  void addDatabase(const std::string& name) {
    conf::Database& database = config->postgres.databases[name];
    database.name = name;
    database.hosts = {{"pg-0", 5432}};
  }
  void answerOpen() {
    for (const auto& answer : std::exchange(open, {})) answer();
  }

  void collect(Detail detail, std::function<void(Snapshot)> done) override {
    collected.push_back(detail);
    give([this, done = std::move(done)] { done(snapshot); });
  }
  void pause(std::string_view database, Done done) override { note("pause", database, std::move(done)); }
  void resume(std::string_view database, Done done) override { note("resume", database, std::move(done)); }
  void suspend(Done done) override { note("suspend", "", std::move(done)); }
  void reconnect(std::string_view database, Done done) override {
    note("reconnect", database, std::move(done));
  }
  void kill(std::string_view database, Done done) override { note("kill", database, std::move(done)); }
  void killClient(uint64_t id, Done done) override {
    note("killClient", std::to_string(id), std::move(done));
  }
  void waitClose(std::string_view database, Done done) override {
    note("waitClose", database, std::move(done));
  }
  void disable(std::string_view database, Done done) override { note("disable", database, std::move(done)); }
  void enable(std::string_view database, Done done) override { note("enable", database, std::move(done)); }
  void promote(std::string_view database, const conf::HostPort& host, probe::PromotionDone done) override {
    calls.push_back("promote " + std::string(database) + " " + conf::format(host));
    give([this, done = std::move(done)] { done(promotion_report); });
  }
  void reload(std::function<void(Result<std::vector<std::string>>)> done) override {
    calls.emplace_back("reload");
    give([this, done = std::move(done)] { done(reload_report); });
  }
  void shutdown(Shutdown mode, Done done) override {
    static constexpr std::string_view kModes[] = {"now", "servers", "clients"};
    note("shutdown", kModes[static_cast<size_t>(mode)], std::move(done));
  }
  conf::ConfigPtr currentConfig() const override { return config; }
  void applyConfig(conf::ConfigPtr next, Done done) override {
    applied = std::move(next);
    note("applyConfig", "", std::move(done));
  }

 private:
  void note(std::string_view call, std::string_view argument, Done done) {
    calls.push_back(std::string(call) + (argument.empty() ? "" : " ") + std::string(argument));
    give([this, done = std::move(done)] { done(next_status); });
  }
  void give(std::function<void()> answer) { holds_answers ? open.push_back(std::move(answer)) : answer(); }
};

}  // namespace forebay::admin
