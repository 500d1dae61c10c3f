// What is to be done with the reply to one question. Like absl::AnyInvocable<void(const Reply&)>,
// but what a check captures fits in: a question must not cost an allocation for it.

#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "probe/core/reply.h"

namespace probe {

class ReplyHandler {
 public:
  ReplyHandler() = default;
  template <typename F>
  requires(!std::is_same_v<F, ReplyHandler> && std::is_invocable_v<F&, const Reply&>)
      ReplyHandler(F call)  // NOLINT(google-explicit-constructor): any callable is one
      : type_(&kTypeOf<F>) {
    static_assert(sizeof(F) <= kRoom);
    static_assert(alignof(F) <= alignof(void*));
    static_assert(std::is_nothrow_move_constructible_v<F>);
    new (room_) F(std::move(call));
  }
  ReplyHandler(ReplyHandler&& other) noexcept { MoveFrom(other); }
  ReplyHandler& operator=(ReplyHandler&& other) noexcept {
    if (this == &other) return *this;
    Clear();
    MoveFrom(other);
    return *this;
  }
  ~ReplyHandler() { Clear(); }

  explicit operator bool() const { return type_ != nullptr; }
  // Only of one that is set.
  void operator()(const Reply& reply) { type_->call(room_, reply); }
  // The call will come in a moment: see prefetch.h. Handlers that lead to much have a function of
  // this name; step 0 is what they point at.
  void Prefetch(int step) const {
    if (type_ != nullptr) type_->prefetch(room_, step);
  }

 private:
  static constexpr std::size_t kRoom = 40;

  struct Type {
    void (*call)(void* room, const Reply& reply);
    void (*move)(void* from, void* to);  // leaves nothing behind
    void (*destroy)(void* room);
    void (*prefetch)(const void* room, int step);
  };
  template <typename F>
  static constexpr Type kTypeOf = {
      .call = [](void* room, const Reply& reply) { (*static_cast<F*>(room))(reply); },
      .move =
          [](void* from, void* to) {
            new (to) F(std::move(*static_cast<F*>(from)));
            std::destroy_at(static_cast<F*>(from));
          },
      .destroy = [](void* room) { std::destroy_at(static_cast<F*>(room)); },
      .prefetch =
          [](const void* room, int step) {
            if constexpr (requires(const F& call) { call.Prefetch(step); }) {
              static_cast<const F*>(room)->Prefetch(step);
            }
          },
  };

  void MoveFrom(ReplyHandler& other) {
    type_ = std::exchange(other.type_, nullptr);
    if (type_ != nullptr) type_->move(other.room_, room_);
  }
  void Clear() {
    if (const Type* const type = std::exchange(type_, nullptr)) type->destroy(room_);
  }

  const Type* type_ = nullptr;
  alignas(void*) std::byte room_[kRoom];
};

}  // namespace probe
