#include "tests/rig/relay.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace forebay::rig {
namespace {

constexpr size_t kMostHeld =
    64 * 1024;  // per direction: a full one stops reading, as a full socket buffer would
constexpr milliseconds kIdle = seconds(3600);
constexpr milliseconds kTick(5);  // how finely a slow relay doles out its bytes

}  // namespace

Relay::Relay(uint16_t target_port)
    : target_port_(target_port), listener_(listenTcp()), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  port_ = localPort(listener_.get());
  thread_ = std::thread([this] { run(); });
}

Relay::~Relay() {
  command([this] { stopping_ = true; });
  thread_.join();
}

void Relay::pause() { pauseWays(true, true); }
void Relay::pauseToTarget() { pauseWays(true, false); }
void Relay::pauseFromTarget() { pauseWays(false, true); }
void Relay::resume() { pauseWays(false, false); }

void Relay::pauseWays(bool up, bool down) {
  command([this, up, down] {
    up_paused_ = up;
    down_paused_ = down;
  });
}

void Relay::slowDown(size_t bytes_per_second) {
  command([this, bytes_per_second] { rate_ = bytes_per_second; });
}

void Relay::cut() {
  command([this] { closeAll(false); });
}

void Relay::reset() {
  command([this] { closeAll(true); });
}

void Relay::refuse(bool on) {
  command([this, on] { refusing_ = on; });
}

void Relay::resetAfter(size_t bytes) {
  command([this, bytes] { cut_at_ = from_target_ + bytes; });
}

void Relay::command(std::function<void()> change) {
  std::unique_lock lock(mutex_);
  command_ = std::move(change);
  eventfd_write(wake_.get(), 1);
  done_.wait(lock, [this] { return !command_; });
}

void Relay::runCommands() {
  eventfd_t ignored = 0;
  eventfd_read(wake_.get(), &ignored);
  const std::lock_guard lock(mutex_);
  if (!command_) return;
  command_();
  command_ = nullptr;
  done_.notify_all();
}

void Relay::run() {
  auto last = std::chrono::steady_clock::now();
  while (!stopping_) {
    const auto now = std::chrono::steady_clock::now();
    turn(rate_ ? kTick : kIdle, std::chrono::duration<double>(now - last).count());
    last = now;
  }
}

void Relay::turn(milliseconds patience, double seconds_passed) {
  std::vector<pollfd> items{{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  for (Wire& wire : wires_) {
    for (Way* way : {&wire.up, &wire.down}) {
      const double burst = static_cast<double>(rate_) / 10;
      way->allowance = std::min(burst, way->allowance + static_cast<double>(rate_) * seconds_passed);
      // A negative fd is skipped; with events 0 poll() would still report a hang-up, again and again.
      items.push_back({wantsRead(*way) ? way->from : -1, POLLIN, 0});
      items.push_back({wantsWrite(*way) ? way->to : -1, POLLOUT, 0});
    }
  }
  poll(items.data(), items.size(), static_cast<int>(patience.count()));

  for (Wire& wire : wires_) {
    move(wire, wire.up, to_target_);
    move(wire, wire.down, from_target_);
  }
  if (from_target_ >= cut_at_) {
    cut_at_ = UINT64_MAX;
    closeAll(true);
  }
  wires_.remove_if(
      [](const Wire& wire) { return wire.broken || (wire.up.passed_end && wire.down.passed_end); });
  if (items[0].revents) accept();
  connections_ = wires_.size();
  if (items[1].revents) runCommands();
}

void Relay::accept() {
  Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client) return;
  ++total_;
  if (refusing_) return resetOnClose(client.get());
  try {
    Fd target = connectTcp(target_port_);
    Wire& wire = wires_.emplace_back();
    wire.client = std::move(client);
    wire.target = std::move(target);
    wire.up = {.from = wire.client.get(), .to = wire.target.get(), .paused = &up_paused_};
    wire.down = {.from = wire.target.get(), .to = wire.client.get(), .paused = &down_paused_};
  } catch (const RigError&) {
    resetOnClose(client.get());  // as the target itself refused
  }
}

bool Relay::wantsRead(const Way& way) const {
  return !*way.paused && !way.ended && way.held.size() < kMostHeld && (rate_ == 0 || way.allowance >= 1);
}

void Relay::move(Wire& wire, Way& way, std::atomic<uint64_t>& counter) {
  if (!wire.broken && wantsRead(way)) read(wire, way, counter);
  if (!wire.broken && wantsWrite(way)) write(wire, way);
  if (!wire.broken && way.ended && way.held.empty() && !way.passed_end) {
    shutdown(way.to, SHUT_WR);
    way.passed_end = true;
  }
}

void Relay::read(Wire& wire, Way& way, std::atomic<uint64_t>& counter) {
  char buffer[kMostHeld];
  size_t most = sizeof buffer - way.held.size();
  if (rate_) most = std::min(most, static_cast<size_t>(way.allowance));
  const ssize_t size = recv(way.from, buffer, most, MSG_DONTWAIT);
  if (size < 0 && errno == EAGAIN) return;
  if (size < 0) {  // a reset travels on as a reset
    resetOnClose(way.to);
    wire.broken = true;
    return;
  }
  if (size == 0) way.ended = true;
  way.held.append(buffer, static_cast<size_t>(size));
  if (rate_) way.allowance -= static_cast<double>(size);
  counter += static_cast<uint64_t>(size);
}

void Relay::write(Wire& wire, Way& way) {
  const ssize_t size = send(way.to, way.held.data(), way.held.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size >= 0) {
    way.held.erase(0, static_cast<size_t>(size));
  } else if (errno != EAGAIN) {
    resetOnClose(way.from);
    wire.broken = true;
  }
}

void Relay::closeAll(bool with_reset) {
  for (const Wire& wire : wires_) {
    if (!with_reset) break;
    resetOnClose(wire.client.get());
    resetOnClose(wire.target.get());
  }
  wires_.clear();
  connections_ = 0;
}

}  // namespace forebay::rig
