// The two moments of a request at which a test may act, or cut the connection: those that matter to
// a client that may crash or lose a reply.
//
//   client ──request──► [before delivery] ──► server ──► [before the reply] ──reply──► client

#pragma once

namespace lab {

enum class Moment { kBeforeDelivery, kBeforeReply };
enum class Action { kPass, kDrop };  // kDrop closes the connection without an octet

}  // namespace lab
