// Buffers for bytes that cannot move on yet. An idle connection has none: its Buffer is one null pointer.
//
// Blocks come from the BufferPool of the connection's worker and go back as soon as they are empty. Not
// thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace forebay::net {

class BufferPool {
 public:
  struct Block {
    uint32_t capacity;
    uint32_t begin;  // of the bytes in it
    uint32_t end;
    char* data() { return reinterpret_cast<char*>(this + 1); }
  };

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  Block* take(size_t capacity);
  void giveBack(Block* block);
  size_t bytesLent() const { return bytes_lent_; }

 private:
  static constexpr std::array<uint32_t, 5> kClasses = {4096, 16384, 65536, 262144, 1048576};
  static constexpr size_t kKeptPerClass = 1048576;  // bytes of free blocks

  static size_t classOf(size_t capacity);

  std::array<std::vector<Block*>, kClasses.size()> free_;
  size_t bytes_lent_ = 0;
};

class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer();  // must be empty by then: clear() it

  bool empty() const { return block_ == nullptr; }
  size_t size() const { return block_ ? block_->end - block_->begin : 0; }
  Bytes bytes() const { return block_ ? Bytes(block_->data() + block_->begin, size()) : Bytes(); }

  void append(BufferPool& pool, Bytes bytes);
  void consume(BufferPool& pool, size_t count);
  void clear(BufferPool& pool) { consume(pool, size()); }

 private:
  void reserve(BufferPool& pool, size_t extra);
  BufferPool::Block* block_ = nullptr;
};

}  // namespace forebay::net
