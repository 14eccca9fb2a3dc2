// FakeServer takes one connection at a time and does to it what a script says: a server that lies, stalls or
// breaks off, which a real PostgreSQL cannot be made to do.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "tests/rig/eventually.h"
#include "tests/rig/sockets.h"
#include "tests/rig/wire.h"

namespace forebay::rig {

// The server's end of one connection. Reads give what has come when the client leaves or time is up.
class RawServer {
 public:
  explicit RawServer(int fd) : fd_(fd) {}

  void send(const std::string& bytes) { (void)::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  std::string readMessage() { return readFramed(1); }  // without its type and length
  std::string readStartup() { return readFramed(0); }

 private:
  std::string readFramed(size_t type_size) {
    const std::string header = readBytes(type_size + 4);
    return header.size() < type_size + 4 ? "" : readBytes(readBe32(Bytes(header).substr(type_size)) - 4);
  }
  std::string readBytes(size_t size) {
    std::string out;
    char byte = 0;
    while (out.size() < size && waitFor(fd_.get(), POLLIN, kPatience) && recv(fd_.get(), &byte, 1, 0) == 1)
      out += byte;
    return out;
  }

  Fd fd_;
};

class FakeServer {
 public:
  using Script = std::function<void(RawServer&)>;  // from behind the StartupMessage to the end

  explicit FakeServer(Script script)
      : listener_(listenTcp()),
        port_(localPort(listener_.get())),
        thread_([this, script = std::move(script)] {
          for (int fd = -1; (fd = accept(listener_.get(), nullptr, nullptr)) >= 0;) {
            ++clients_;
            RawServer client(fd);
            client.readStartup();
            script(client);
          }
        }) {}
  ~FakeServer() {
    shutdown(listener_.get(), SHUT_RDWR);  // ends accept()
    thread_.join();
  }

  uint16_t port() const { return port_; }
  void waitForClient() const {
    if (!eventually([this] { return clients_ > 0; })) fail("nobody connects to the fake server");
  }

 private:
  Fd listener_;
  uint16_t port_;
  std::atomic<int> clients_ = 0;
  std::thread thread_;
};

}  // namespace forebay::rig
