#include "gateway/net/buffer.h"

#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>

namespace forebay::net {

size_t BufferPool::classOf(size_t capacity) {
  size_t index = 0;
  while (index < kClasses.size() && kClasses[index] < capacity) ++index;
  return index;
}

BufferPool::~BufferPool() {
  for (auto& blocks : free_)
    for (Block* block : blocks) std::free(block);
}

BufferPool::Block* BufferPool::take(size_t capacity) {
  if (capacity > UINT32_MAX) throw std::bad_alloc();  // a block can not tell of more
  const size_t index = classOf(capacity);
  const size_t size = index < kClasses.size() ? kClasses[index] : capacity;
  Block* block = nullptr;
  if (index < kClasses.size() && !free_[index].empty()) {
    block = free_[index].back();
    free_[index].pop_back();
  } else {
    block = static_cast<Block*>(std::malloc(sizeof(Block) + size));
    if (!block) throw std::bad_alloc();
  }
  *block = {static_cast<uint32_t>(size), 0, 0};
  bytes_lent_ += size;
  return block;
}

void BufferPool::giveBack(Block* block) {
  bytes_lent_ -= block->capacity;
  const size_t index = classOf(block->capacity);
  const bool keep = index < kClasses.size() && (free_[index].size() + 1) * kClasses[index] <= kKeptPerClass;
  if (keep) {
    free_[index].push_back(block);
  } else {
    std::free(block);
  }
}

Buffer::~Buffer() { assert(empty()); }

void Buffer::append(BufferPool& pool, Bytes bytes) {
  if (bytes.empty()) return;
  reserve(pool, bytes.size());
  std::memcpy(block_->data() + block_->end, bytes.data(), bytes.size());
  block_->end += static_cast<uint32_t>(bytes.size());
}

void Buffer::consume(BufferPool& pool, size_t count) {
  assert(count <= size());
  if (!block_) return;
  block_->begin += static_cast<uint32_t>(count);
  if (block_->begin < block_->end) return;
  pool.giveBack(block_);
  block_ = nullptr;
}

void Buffer::reserve(BufferPool& pool, size_t extra) {
  if (!block_) {
    block_ = pool.take(extra);
    return;
  }
  const size_t held = size();
  if (block_->capacity - block_->end >= extra) return;
  BufferPool::Block* target = block_;
  const size_t needed = held + extra;
  if (block_->capacity < needed) target = pool.take(needed > UINT32_MAX / 2 ? needed : 2 * needed);
  std::memmove(target->data(), block_->data() + block_->begin, held);
  if (target != block_) pool.giveBack(block_);
  target->begin = 0;
  target->end = static_cast<uint32_t>(held);
  block_ = target;
}

}  // namespace forebay::net
