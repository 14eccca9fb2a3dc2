// Mailbox carries work to another thread's loop. Any thread posts, without a lock; the owner's loop runs it,
// in the order that each sender posted, on its own thread.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "gateway/net/poller.h"

namespace forebay::net {

class Mailbox final : private SocketUser {
 public:
  class Letter {
   public:
    virtual ~Letter() = default;
    virtual void run() = 0;

   private:
    friend class Mailbox;
    Letter* next_ = nullptr;
  };

  explicit Mailbox(Poller& poller);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() override;  // posters are gone by then

  void close();  // on the owner's thread; what is posted afterwards is dropped unrun

  template <typename Work>
  void post(Work work) {
    struct Task final : Letter {
      explicit Task(Work&& w) : work(std::move(w)) {}
      void run() override { work(); }
      Work work;
    };
    push(std::make_unique<Task>(std::move(work)));
  }

 private:
  void push(std::unique_ptr<Letter> letter);
  void onReadable() override;
  void onWritable() override {}

  Poller& poller_;
  std::atomic<Letter*> newest_{nullptr};
  const int wake_;  // an eventfd
  Watch* watch_;
};

}  // namespace forebay::net
