// Mailbox carries work to another thread's loop. Any thread posts, without a lock; the owner's loop runs it,
// in the order that each sender posted, on its own thread.
#pragma once

#include <uv.h>

#include <atomic>
#include <memory>
#include <utility>

namespace forebay::net {

class Mailbox {
 public:
  class Letter {
   public:
    virtual ~Letter() = default;
    virtual void run() = 0;

   private:
    friend class Mailbox;
    Letter* next_ = nullptr;
  };

  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox();

  void open(uv_loop_t* loop);  // on the owner's thread, before anybody posts
  void close();                // on the owner's thread; what is posted afterwards is dropped unrun

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
  void deliver();

  std::atomic<Letter*> newest_{nullptr};
  uv_async_t wake_{};  // outlives its closing: a post() that saw the box open may come late
  std::atomic<bool> open_{false};
};

}  // namespace forebay::net
