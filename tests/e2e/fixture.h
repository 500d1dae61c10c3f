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
  static void TearDownTestSuite();

  // Fails the suite when the lab did not start.
  void SetUp() override;

  static lab::Lab& lab() { return *lab_; }
  Tenant& acme() { return *acme_; }

  // The first column of the first row, as text.
  static std::string Query(const std::string& sql);

 private:
  static std::unique_ptr<lab::Lab> lab_;
  std::unique_ptr<Tenant> acme_;
};

// A CA without pauses of its own.
lab::Lab::Options QuickCa();

}  // namespace e2e
