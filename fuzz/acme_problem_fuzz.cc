// Problem documents, or whatever else came with an error status.

#include <cstddef>
#include <cstdint>

#include "cert/acme/problem.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body = fuzz::Text(data, size);
  const cert::AcmeProblem problem = cert::ParseProblem(body, 400, absl::Seconds(1));
  fuzz::Require(!problem.type.empty(), "a problem has a type");
  fuzz::Require(cert::Sanitise(problem.type, 256) == problem.type, "the type is clean");
  fuzz::Require(cert::Sanitise(problem.detail, 512) == problem.detail, "the detail is clean");
  const std::string clean = cert::Sanitise(body, 100);
  fuzz::Require(clean.size() <= 100, "clean text is bounded");
  fuzz::Require(cert::Sanitise(clean, 100) == clean, "clean text stays as it is");
  return 0;
}
