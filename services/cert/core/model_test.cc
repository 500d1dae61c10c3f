#include "cert/core/model.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "cert/core/agreement.h"

namespace cert {
namespace {

// Names are stored: each must be there, be unique and read back as what was written.
template <typename Value, typename Parse>
void ExpectStableNames(int first, int count, const char* (*name)(Value), Parse parse) {
  std::set<std::string> names;
  for (int i = first; i < first + count; ++i) {
    const auto value = static_cast<Value>(i);
    EXPECT_EQ(parse(name(value)), value) << name(value);
    names.insert(name(value));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(names.count("?"), 0U);
  EXPECT_EQ(std::string(name(static_cast<Value>(first + count))), "?");
  EXPECT_EQ(parse("?"), std::nullopt);
  EXPECT_EQ(parse(""), std::nullopt);
}

TEST(NamesTest, OfFindingCodesReadBack) {
  std::set<std::string> names;
  for (const FindingCode code : AllFindingCodes()) {
    EXPECT_EQ(ParseFindingCode(FindingCodeName(code)), code) << FindingCodeName(code);
    names.insert(FindingCodeName(code));
  }
  EXPECT_EQ(names.size(), AllFindingCodes().size());
  EXPECT_EQ(std::string(FindingCodeName(static_cast<FindingCode>(0))), "?");
  EXPECT_EQ(ParseFindingCode("?"), std::nullopt);
}

TEST(NamesTest, OfEventTypesReadBack) {
  for (const int type : {1, 16, 17, 18, 19, 20, 21, 22, 23, 30, 31, 32, 33}) {
    const auto value = static_cast<EventType>(type);
    EXPECT_EQ(ParseEventType(EventTypeName(value)), value) << type;
  }
}

TEST(NamesTest, OfDecisionsReadBack) {
  ExpectStableNames<Decision>(0, 3, DecisionName, ParseDecision);
}

TEST(NamesTest, OfStatesReadBack) {
  ExpectStableNames<DomainState>(0, 5, StateName, ParseDomainState);
  ExpectStableNames<CertificateState>(0, 6, StateName, ParseCertificateState);
  ExpectStableNames<OrderState>(0, 9, StateName, ParseOrderState);
}

}  // namespace
}  // namespace cert
