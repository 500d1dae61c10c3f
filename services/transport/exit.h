// How a program that has used gRPC ends.

#pragma once

namespace transport {

// Flushes what was printed and ends the process without destroying static objects: a thread of
// gRPC's event engine (1.51) may still be at work, and would crash on what is gone. One `padlock`
// in some four thousand did.
[[noreturn]] void Exit(int code);

}  // namespace transport
