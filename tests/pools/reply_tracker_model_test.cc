// The ReplyTracker and the PreparedSet against a model of the server: whatever a client sends, and however
// its messages and the replies cross on the wire, every reply goes where it belongs, no statement is prepared
// twice or used while it is not there, and in the end the server is free exactly when it owes nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/pools/model_server.h"

namespace forebay::pools {
namespace {

using Fate = Sent::Fate;

constexpr int kStatements = 5;
constexpr size_t kLimit = 3;  // of those that may stand at a time

StatementKey keyOf(int statement) { return {static_cast<uint8_t>(statement + 1)}; }

class Session {
 public:
  explicit Session(uint32_t seed) : random_(seed) {}

  // True when the tracker gave up: the client went on in the batch of a COPY that failed.
  bool to(int requests) {
    for (int i = 0; i < requests && !astray_ && !testing::Test::HasFailure(); ++i) request();
    finish();
    return astray_;
  }

 private:
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_()) % n; }
  bool oneIn(uint32_t n) { return below(n) == 0; }

  // ---- the client

  void request() {
    switch (below(12)) {
      case 0:
        return send('Q', oneIn(4) ? Fate::kFails : oneIn(5) ? Fate::kEmpty : Fate::kWorks, Owed::kQuery);
      case 1: return send('Q', oneIn(2) ? Fate::kBegins : Fate::kEnds, Owed::kQuery);
      case 2: return send('F', oneIn(4) ? Fate::kFails : Fate::kWorks, Owed::kFunctionCall);
      case 3: return oneIn(2) ? send('H') : send('Q', Fate::kCopiesOut, Owed::kQuery);
      case 4: return copyIn('Q', Owed::kQuery);
      case 5: extended('B'); return copyIn('E', Owed::kExtended);
      case 6:
      case 7: return prepare(static_cast<int>(below(kStatements)));
      case 8:
      case 9: return use(static_cast<int>(below(kStatements)));
      case 10: return extended("PBDEC"[below(5)]);
      default: return send('S', oneIn(12) ? Fate::kFails : Fate::kWorks, Owed::kSync);
    }
  }

  void extended(char type) {
    Fate fate = oneIn(8) ? Fate::kFails : Fate::kWorks;
    if (type == 'E' && fate == Fate::kWorks)
      fate = std::array{Fate::kWorks, Fate::kEmpty, Fate::kSuspends, Fate::kCopiesOut}[below(4)];
    send(type, fate, Owed::kExtended);
  }

  // A COPY FROM STDIN, fed blindly or after a while; it may fail at any place.
  void copyIn(char type, Owed kind) {
    send(type, std::array{Fate::kCopiesIn, Fate::kCopiesIn, Fate::kFails, Fate::kCopiesInVain}[below(4)],
         kind);
    for (uint32_t rest = below(4); rest > 0; --rest) {
      if (oneIn(3))
        send('S', Fate::kWorks, Owed::kSync);
      else if (oneIn(4))
        send('H');
      else
        send('d', oneIn(6) ? Fate::kFails : Fate::kWorks);
    }
    send(oneIn(4) ? 'f' : 'c', oneIn(6) ? Fate::kFails : Fate::kWorks);
    if (oneIn(2)) send('S', Fate::kWorks, Owed::kSync);
  }

  // ---- the gateway's part: the client's statements under common names

  void prepare(int statement) {
    if (tracker_.skipping()) return;
    const PreparedSet::Standing standing = prepared_.use(keyOf(statement), tracker_.batch());
    const bool there = standing.state == PreparedSet::State::kReady ||
                       (standing.state == PreparedSet::State::kPending && standing.batch == tracker_.batch());
    if (!there) return prepareAnew(statement, Owed::kParse);
    send('C', Fate::kWorks, Owed::kCloseForParse);
  }

  void use(int statement) {
    if (tracker_.skipping()) return;
    const PreparedSet::Standing standing = prepared_.use(keyOf(statement), tracker_.batch());
    const bool there = standing.state == PreparedSet::State::kReady ||
                       (standing.state == PreparedSet::State::kPending && standing.batch == tracker_.batch());
    if (!there) prepareAnew(statement, Owed::kInjectedParse);
    send('B', oneIn(8) ? Fate::kFails : Fate::kWorks, Owed::kExtended, statement);
  }

  // One message after another without a reply in between, as the gateway sends them.
  void prepareAnew(int statement, Owed kind) {
    if (prepared_.use(keyOf(statement), tracker_.batch()).state == PreparedSet::State::kPending)
      put('C', Fate::kWorks, Owed::kInjectedClose, statement);
    while (const auto evicted = prepared_.evict(kLimit - 1, tracker_.batch()))
      put('C', Fate::kWorks, Owed::kInjectedClose, (*evicted)[0] - 1);
    prepared_.parseSent(keyOf(statement), tracker_.batch());
    put('P', oneIn(8) ? Fate::kFails : Fate::kWorks, kind, statement);
  }

  // ---- the wire

  void send(char type, Fate fate = Fate::kWorks, Owed kind = Owed::kNothing, int statement = -1) {
    while (oneIn(2)) move();
    put(type, fate, kind, statement);
  }

  void put(char type, Fate fate, Owed kind, int statement) {
    transcript_ += std::string(" >") + type + (statement < 0 ? "" : "#" + std::to_string(statement)) +
                   (fate == Fate::kWorks ? "" : ":" + std::to_string(int(fate)));
    if (type == 'c' || type == 'f')
      tracker_.sentCopyEnd();
    else if (kind != Owed::kNothing)
      tracker_.sent(kind, statement >= 0 ? keyOf(statement) : StatementKey{});
    server_.unread.push_back({type, fate, kind, statement});
    check();
  }

  // The server reads a message, or the gateway a reply.
  void move() {
    if (!server_.unread.empty() && (server_.replies.empty() || oneIn(2)))
      server_.readOne();
    else if (!server_.replies.empty())
      receive();
    check();
  }

  void receive() {
    const Received reply = server_.replies.front();
    server_.replies.pop_front();
    if (reply.type == 'D' || reply.type == 'd' || reply.type == 't') return;
    transcript_ += std::string(" <") + reply.type;
    const Reply verdict = tracker_.received(reply.type, reply.status, prepared_);
    astray_ = astray_ || (verdict == Reply::kUnexpected && tracker_.ambiguous());
    if (astray_) return;
    EXPECT_EQ(verdict, reply.to) << transcript_;
    if (reply.type == 'Z' && tracker_.wantsMarker()) put('Q', Fate::kEmpty, Owed::kInjectedQuery, -1);
  }

  void settle() {
    while (!server_.unread.empty() || !server_.replies.empty()) move();
  }

  // The client goes, and the server is made fit for the next one.
  void finish() {
    settle();
    if (server_.copying()) put('f', Fate::kWorks, Owed::kNothing, -1), settle();
    if (tracker_.unsynced() || tracker_.skipping()) put('S', Fate::kWorks, Owed::kSync, -1), settle();
    if (astray_) return;
    if (tracker_.status() != 'I') put('Q', Fate::kEnds, Owed::kInjectedQuery, -1), settle();
    EXPECT_TRUE(server_.idle());
    EXPECT_TRUE(tracker_.idle()) << transcript_;
    std::set<int> known;
    prepared_.forEach([&](const StatementKey& key) { known.insert(key[0] - 1); });
    EXPECT_EQ(known, server_.statements);
  }

  void check() {
    if (astray_ || tracker_.ambiguous()) return;
    ASSERT_EQ(server_.broken, "") << transcript_;
    ASSERT_TRUE(server_.idle() || !tracker_.idle()) << "given away too early:" << transcript_;
  }

  std::minstd_rand random_;
  ModelServer server_;
  ReplyTracker tracker_;
  PreparedSet prepared_;
  bool astray_ = false;
  std::string transcript_;  // > sent, < received; with the fate of what did not simply work
};

TEST(ReplyTrackerModel, EveryReplyGoesWhereItBelongsAndTheServerComesFree) {
  int astray = 0;
  constexpr int kRuns = 20000;
  for (uint32_t seed = 1; seed <= kRuns; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    astray += Session(seed * 7919).to(20);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_LT(astray, kRuns / 10);  // the exception, even among clients as careless as these
}

}  // namespace
}  // namespace forebay::pools
