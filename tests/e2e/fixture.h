// A running lab for all tests of a suite, with a CA that does not dawdle.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "e2e/tenant.h"
#include "lab/lab.h"

namespace e2e {

// Each suite derives a class of its own, so that its lab is its own too.
class LabTest : public ::testing::Test {
 protected:
  // For SetUpTestSuite of the derived class.
  static void StartLab(lab::Lab::Options options);
  // Looks for leaked secrets (secrets.h) first.
  static void TearDownTestSuite();

  // Fails the suite when the lab did not start.
  void SetUp() override;

  static lab::Lab& lab() { return *lab_; }
  Tenant& acme() { return *acme_; }

  // A domain of `zone`'s own name with its wildcard, whose records are there.
  pb::Domain Add(const std::string& zone);

  // The first column of the first row, as text.
  static std::string Query(const std::string& sql);
  // `column` of the first of the rows in `table` that belong to the domain's certificate.
  static std::string Select(const std::string& column, const std::string& table,
                            const pb::Domain& domain);
  // Asks until it is `value`.
  static ::testing::AssertionResult Becomes(const std::string& sql, const std::string& value);
  // The code of what stops the domain's certificate.
  static ::testing::AssertionResult IsStoppedBy(const pb::Domain& domain, const std::string& code);

 private:
  static std::unique_ptr<lab::Lab> lab_;
  std::unique_ptr<Tenant> acme_;
};

// A CA without pauses of its own.
lab::Lab::Options QuickCa();

}  // namespace e2e
