// Pins: why a client must keep its server connection after its transaction has ended.
//
// Some session state cannot move to another server connection: a LISTEN, a temporary table, a session's
// advisory lock. A client that may have made such state is pinned until the state is surely gone. Effects
// come from pgproto::scanSql(); what is unsure pins.
#pragma once

#include <cstdint>
#include <string>

namespace forebay::pools {

class Pins {
 public:
  enum Reason : uint32_t {
    kListen = 1u << 0,
    kTempTable = 1u << 1,
    kAdvisoryLock = 1u << 2,
    kPrepare = 1u << 3,  // SQL-level PREPARE
    kHoldCursor = 1u << 4,
    kLoad = 1u << 5,
    kParameter = 1u << 6,  // a SET that cannot be carried along
    kReplication = 1u << 7,
  };
  static constexpr uint32_t kReasons = 8;

  bool any() const { return bits_ != 0; }
  bool has(Reason reason) const { return (bits_ & reason) != 0; }
  uint32_t bits() const { return bits_; }
  void add(uint32_t reasons) { bits_ |= reasons; }
  void clear() { bits_ = 0; }

  // Before a text with these effects is sent: pins for what it may create.
  void beforeRunning(uint32_t effects);
  // After a text with these effects was run, alone and outside a transaction block, without an error: ends
  // what it surely cleared.
  void afterRunning(uint32_t effects);

  static const char* nameOf(Reason reason);
  std::string names() const;  // "listen, temp_table"

 private:
  uint32_t bits_ = 0;
};

}  // namespace forebay::pools
