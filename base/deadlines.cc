#include "base/deadlines.h"

namespace forebay {

void Deadlines::arm(Deadline& deadline, Instant at) {
  if (at == kNever) return disarm(deadline);
  const Instant before = deadline.at_;
  deadline.at_ = at;
  if (!deadline.armed()) {
    heap_.push_back(&deadline);
    deadline.index_ = static_cast<uint32_t>(heap_.size() - 1);
    siftUp(deadline.index_);
  } else if (at < before) {
    siftUp(deadline.index_);
  } else {
    siftDown(deadline.index_);
  }
}

void Deadlines::disarm(Deadline& deadline) {
  if (!deadline.armed()) return;
  const size_t hole = deadline.index_;
  deadline.index_ = Deadline::kNowhere;
  deadline.at_ = kNever;
  Deadline* last = heap_.back();
  heap_.pop_back();
  if (last == &deadline) return;
  place(hole, last);
  siftUp(hole);
  siftDown(last->index_);
}

void Deadlines::run(Instant now) {
  while (!heap_.empty() && heap_.front()->at_ <= now) {
    Deadline* deadline = heap_.front();
    disarm(*deadline);
    deadline->due(now);
  }
}

void Deadlines::place(size_t index, Deadline* deadline) {
  heap_[index] = deadline;
  deadline->index_ = static_cast<uint32_t>(index);
}

void Deadlines::siftUp(size_t index) {
  Deadline* moving = heap_[index];
  while (index > 0) {
    const size_t parent = (index - 1) / 2;
    if (heap_[parent]->at_ <= moving->at_) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, moving);
}

void Deadlines::siftDown(size_t index) {
  Deadline* moving = heap_[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->at_ < heap_[child]->at_) ++child;
    if (moving->at_ <= heap_[child]->at_) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, moving);
}

}  // namespace forebay
