// IntrusiveList links objects that carry their own links: joining and leaving allocate nothing and cost O(1).
//
// An object derives from ListNode<Tag> once per list that it can be in, and is in at most one list of each
// tag. A node leaves its list when it is destroyed. The list does not own its objects. Not thread-safe.
#pragma once

#include <cassert>
#include <cstddef>

namespace forebay {

template <typename Tag>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (!linked()) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    if (count_) --*count_;
    next_ = prev_ = nullptr;
    count_ = nullptr;
  }

 private:
  template <typename T, typename OtherTag>
  friend class IntrusiveList;
  ListNode* next_ = nullptr;
  ListNode* prev_ = nullptr;
  size_t* count_ = nullptr;
};

template <typename T, typename Tag>
class IntrusiveList {
 public:
  using Node = ListNode<Tag>;

  IntrusiveList() { head_.next_ = head_.prev_ = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty()) static_cast<Node&>(front()).unlink();
    head_.next_ = head_.prev_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }
  size_t size() const { return size_; }
  T& front() { return of(head_.next_); }
  T& back() { return of(head_.prev_); }
  const T& front() const { return of(head_.next_); }

  void pushBack(T& item) { insert(head_.prev_, item); }
  void pushFront(T& item) { insert(&head_, item); }

  // Walks from the front; `visit` returns true to stop, and may unlink the item that it is given.
  template <typename Visit>
  T* find(Visit visit) {
    for (Node* node = head_.next_; node != &head_;) {
      Node* next = node->next_;
      if (visit(of(node))) return &of(node);
      node = next;
    }
    return nullptr;
  }
  template <typename Visit>
  void forEach(Visit visit) {
    find([&](T& item) { return visit(item), false; });
  }

 private:
  static T& of(Node* node) { return *static_cast<T*>(node); }
  static const T& of(const Node* node) { return *static_cast<const T*>(node); }
  void insert(Node* after, T& item) {
    Node& node = item;
    assert(!node.linked());
    node.prev_ = after;
    node.next_ = after->next_;
    after->next_->prev_ = &node;
    after->next_ = &node;
    node.count_ = &size_;
    ++size_;
  }

  Node head_;
  size_t size_ = 0;
};

}  // namespace forebay
