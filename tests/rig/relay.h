// Relay is a wire with faults: it stands between the gateway and PostgreSQL (or a client and the gateway),
// passes bytes on, and pauses, slows, cuts or resets what goes through it when a test says so.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "tests/rig/sockets.h"

namespace forebay::rig {

class Relay {
 public:
  explicit Relay(uint16_t target_port);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  uint16_t port() const { return port_; }

  // Each is in force when it returns.
  void pause();            // nothing moves in either direction; connections stay open
  void pauseToTarget();    // nothing gets there, answers to what is there come back
  void pauseFromTarget();  // everything gets there, nothing comes back
  void resume();
  void slowDown(size_t bytes_per_second);  // each direction of each connection; 0: full speed
  void cut();                              // closes every connection in good order
  void reset();                            // closes every connection with RST
  void refuse(bool on);                    // while on, new connections are reset at once
  void resetAfter(size_t bytes);  // reset() once the target has sent so many more bytes, all taken together

  size_t connections() const { return connections_; }  // open now
  size_t totalConnections() const { return total_; }   // accepted since the start
  uint64_t bytesToTarget() const { return to_target_; }
  uint64_t bytesFromTarget() const { return from_target_; }

 private:
  struct Way {  // one direction of one connection
    int from = -1, to = -1;
    std::string held{};       // read and not yet written
    bool ended = false;       // `from` sent FIN
    bool passed_end = false;  // and `to` has been told
    double allowance = 0;     // bytes that may be read now, when slowed down
    const bool* paused = nullptr;
  };
  struct Wire {
    Fd client, target;
    Way up, down;
    bool broken = false;
  };

  void run();
  void turn(milliseconds patience, double seconds_passed);
  void accept();
  void move(Wire& wire, Way& way, std::atomic<uint64_t>& counter);
  void read(Wire& wire, Way& way, std::atomic<uint64_t>& counter);
  void write(Wire& wire, Way& way);
  bool wantsRead(const Way& way) const;
  bool wantsWrite(const Way& way) const { return !way.held.empty() && !*way.paused; }
  void closeAll(bool with_reset);
  void pauseWays(bool up, bool down);
  void command(std::function<void()> change);  // runs it on the relay's thread and returns when that is done
  void runCommands();

  const uint16_t target_port_;
  Fd listener_, wake_;
  uint16_t port_ = 0;

  // Of the relay's thread.
  std::list<Wire> wires_;
  bool up_paused_ = false, down_paused_ = false, refusing_ = false, stopping_ = false;
  size_t rate_ = 0;
  uint64_t cut_at_ = UINT64_MAX;  // when from_target_ gets there

  std::mutex mutex_;
  std::condition_variable done_;
  std::function<void()> command_;  // waits to be run

  std::atomic<size_t> connections_ = 0, total_ = 0;
  std::atomic<uint64_t> to_target_ = 0, from_target_ = 0;
  std::thread thread_;  // last: everything else is there before it runs
};

}  // namespace forebay::rig
