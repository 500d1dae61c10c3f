#include "lab/framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace lab {
namespace {

using ::testing::ElementsAre;

// Names of the requests in `octets`, which come one at a time; their octets must add up again.
std::vector<std::string> NamesIn(Framing framing, const std::string& octets) {
  RequestReader reader(framing);
  std::vector<std::string> names;
  std::string passed;
  Request request;
  for (const char octet : octets) {
    reader.Append(&octet, 1);
    while (reader.Next(request)) {
      names.push_back(request.name);
      passed += request.octets;
    }
  }
  EXPECT_EQ(passed, octets);
  return names;
}

std::string Message(char type, const std::string& body) {
  const auto size = static_cast<char>(body.size() + 4);
  return std::string(1, type) + std::string(3, '\0') + size + body;
}

const std::string kNul(1, '\0');
const std::string kGreeting = Message('x', "user" + kNul).substr(1);  // has no type

TEST(FramingTest, NamesPostgresRequestsByTheirSql) {
  EXPECT_THAT(NamesIn(Framing::kPostgres, kGreeting + Message('Q', "BEGIN" + kNul) +
                                              Message('P', kNul + "SELECT $1" + kNul) +
                                              Message('B', kNul + kNul) + Message('E', kNul) +
                                              Message('S', "") + Message('Q', "COMMIT" + kNul)),
              ElementsAre("", "BEGIN", "SELECT $1", "COMMIT"));
}

TEST(FramingTest, TellsUpdatesFromQueries) {
  const std::string query = std::string("\0\4id\1\0", 6);
  const std::string update = std::string("\0\4id\x28\0", 6);
  EXPECT_THAT(NamesIn(Framing::kDns, query + update + query),
              ElementsAre("QUERY", "UPDATE", "QUERY"));
}

TEST(FramingTest, PassesOctetsAsTheyCome) {
  EXPECT_THAT(NamesIn(Framing::kOctets, "ab"), ElementsAre("", ""));
}

}  // namespace
}  // namespace lab
