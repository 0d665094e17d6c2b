#include "gap/read/torch_source.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

constexpr std::string_view kVersion =
    "from typing import Optional\n"
    "\n"
    "__all__ = ['__version__', 'cuda']\n"
    "__version__ = '2.13.0+cu128'\n"
    "debug = False\n"
    "cuda: Optional[str] = '12.8'\n"
    "git_version = 'cf30153c'\n"
    "hip: Optional[str] = None\n";

/// An environment variable for the time of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) {
      before_ = before;
    }
    setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

void install_torch(const TestFolder& folder, const std::string& site) {
  folder.write(site + "/torch/__init__.py", "");
  folder.write(site + "/torch/version.py", kVersion);
  folder.write(site + "/torchgen/packaged/ATen/native/native_functions.yaml", "[]\n");
  folder.write(site + "/functorch/__init__.py", "");
  folder.write(site + "/torch-2.13.0+cu128.dist-info/WHEEL",
               "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n");
  folder.write(site + "/torch_other-1.0.dist-info/WHEEL", "Tag: py3-none-any\n");
  folder.write(site + "/numpy/__init__.py", "");
}

std::string refusal(const std::string& path, const std::string& expect = {}) {
  return refusal_of([&] { open_torch(path, expect); });
}

TEST(TorchSource, IdentifiesAnInstalledPyTorch) {
  const TestFolder folder;
  install_torch(folder, "site");
  for (const std::string path : {"site", "site/", "site/torch"}) {
    const TorchSource torch = open_torch(folder.at(path));
    EXPECT_EQ(torch.identity.version, "2.13.0+cu128");
    EXPECT_EQ(torch.identity.git, "cf30153c");
    EXPECT_EQ(torch.identity.cuda, "12.8");
    EXPECT_EQ(torch.identity.platform, "manylinux_2_28_x86_64");
    EXPECT_EQ(torch.identity.python, "cp311");
    EXPECT_NE(torch.tree->find("functorch/__init__.py"), nullptr);
    EXPECT_NE(torch.tree->find("torchgen/packaged/ATen/native/native_functions.yaml"), nullptr);
    EXPECT_EQ(torch.tree->find("numpy/__init__.py"), nullptr);
    EXPECT_EQ(torch.tree->find("torch_other-1.0.dist-info/WHEEL"), nullptr);
  }
}

TEST(TorchSource, IdentifiesAWheel) {
  const TestFolder folder;
  write_zip(folder.at("torch.whl"),
            {{"torch/__init__.py", ""},
             {"torch-2.12.1.dist-info/METADATA",
              "Metadata-Version: 2.1\r\nVersion: 2.12.1\r\n\r\nVersion: 9\r\n"},
             {"torch-2.12.1.dist-info/WHEEL", "Tag: cp312-none-macosx_14_0_arm64\r\n"}});
  const TorchIdentity identity = open_torch(folder.at("torch.whl")).identity;
  EXPECT_EQ(identity.version, "2.12.1");
  EXPECT_EQ(identity.git, "");
  EXPECT_EQ(identity.cuda, "");
  EXPECT_EQ(identity.platform, "macosx_14_0_arm64");
  EXPECT_EQ(identity.python, "cp312");
  EXPECT_EQ(identity.location, folder.at("torch.whl"));
}

TEST(TorchSource, IdentifiesACheckout) {
  const TestFolder folder;
  folder.write("torch/__init__.py", "");
  folder.write("version.txt", "2.14.0a0\n");
  folder.write("aten/src/ATen/native/native_functions.yaml", "[]\n");
  folder.write("third_party/other/a.py", "");
  folder.write(".git/HEAD", "ref: refs/heads/main\n");
  folder.write(".git/packed-refs", "# pack-refs\n1111 refs/heads/main2\n2222 refs/heads/main\n");
  TorchSource torch = open_torch(folder.at("torch"));
  EXPECT_EQ(torch.identity.version, "2.14.0a0");
  EXPECT_EQ(torch.identity.platform, "source");
  EXPECT_EQ(torch.identity.git, "2222");
  EXPECT_NE(torch.tree->find("aten/src/ATen/native/native_functions.yaml"), nullptr);
  EXPECT_EQ(torch.tree->find("third_party/other/a.py"), nullptr);
  folder.write(".git/refs/heads/main", "3333\n");
  EXPECT_EQ(open_torch(folder.at("")).identity.git, "3333");
  folder.write(".git/HEAD", "4444\n");
  EXPECT_EQ(open_torch(folder.at("")).identity.git, "4444");
}

TEST(TorchSource, ExpectsAVersionOrItsBeginning) {
  const TestFolder folder;
  install_torch(folder, "site");
  for (const char* expect : {"", "2", "2.13", "2.13.0", "2.13.0+cu128"}) {
    EXPECT_EQ(refusal(folder.at("site"), expect), "") << expect;
  }
  for (const char* expect : {"2.1", "2.12", "2.130", "2.13.0+cu12", "3"}) {
    EXPECT_EQ(refusal(folder.at("site"), expect),
              folder.at("site") + ": PyTorch 2.13.0+cu128, not " + expect +
                  ": name another with --torch or drop --expect");
  }
}

TEST(TorchSource, FindsTheEnvironmentsPyTorch) {
  const TestFolder folder;
  install_torch(folder, "venv/lib/python3.11/site-packages");
  folder.write("venv/pyvenv.cfg", "");
  folder.write("base/bin/python3.11", "");
  install_torch(folder, "base/lib/python3.12/site-packages");  // of another interpreter
  folder.link("base/bin/python3", "python3.11");
  std::filesystem::create_directories(folder.path() / "venv/bin");
  folder.link("venv/bin/python3", folder.at("base/bin/python3.11"));
  folder.link("links/python3", folder.at("venv/bin/python3"));
  const std::string found = folder.at("venv/lib/python3.11/site-packages");
  {
    const Variable environment("VIRTUAL_ENV", folder.at("venv"));
    const Variable path("PATH", "");
    EXPECT_EQ(open_torch("").identity.location, found);
  }
  const Variable environment("VIRTUAL_ENV", "");
  {
    const Variable path(
        "PATH", folder.at("nothing") + ":" + folder.at("base/bin") + ":" + folder.at("venv/bin"));
    EXPECT_EQ(open_torch("").identity.location, found);
  }
  const Variable path("PATH", folder.at("base/bin"));
  EXPECT_EQ(open_torch("", "", folder.at("venv/bin")).identity.location, found);
  EXPECT_EQ(refusal(""),
            "no PyTorch beside this command, in $VIRTUAL_ENV or beside a python3 on PATH: install "
            "one, or name a site-packages, a wheel or a checkout with --torch");
}

TEST(TorchSource, RefusesWhatIsNoPyTorch) {
  const TestFolder folder;
  folder.write("pkg/__init__.py", "");
  write_zip(folder.at("pkg.whl"), {{"pkg/__init__.py", ""}});
  for (const char* name : {"pkg", "pkg.whl"}) {
    EXPECT_EQ(refusal(folder.at(name)),
              folder.at(name) +
                  ": no PyTorch there: name a site-packages, a wheel or a "
                  "checkout with --torch");
  }
  EXPECT_EQ(refusal(folder.at("nothing")),
            folder.at("nothing") + ": there is no such file or folder");
  folder.write("bare/torch/__init__.py", "");
  EXPECT_EQ(
      refusal(folder.at("bare")).find(folder.at("bare") + ": has neither torch/version.py nor"),
      0u);
}

TEST(TorchSource, ReadsTheInstalledPyTorch) {
  const TorchSource torch = open_torch(TORCHDEVICE_TEST_TORCH);
  EXPECT_EQ(torch.identity.git.size(), 40u);
  EXPECT_EQ(torch.identity.python.substr(0, 3), "cp3");
  EXPECT_TRUE(torch.tree->problems().empty());
  EXPECT_GT(torch.tree->entries().size(), 10'000u);
  EXPECT_NE(torch.tree->find("torch/_C/_VariableFunctions.pyi"), nullptr);
}

}  // namespace
}  // namespace torchdevice::gap
