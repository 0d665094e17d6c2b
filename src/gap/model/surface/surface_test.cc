#include "gap/model/surface/surface.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

/// A small PyTorch of the test's own.
class SurfaceTest : public testing::Test {
 protected:
  SurfaceTest() {
    const std::string folder = "torchgen/packaged/ATen/native/";
    write(folder + "tags.yaml", "- tag: core\n  desc: x\n");
    write(folder + "native_functions.yaml",
          "- func: linalg_det(Tensor A) -> Tensor\n"
          "  python_module: linalg\n"
          "- func: linalg_det.out(Tensor A, *, Tensor(a!) out) -> Tensor(a!)\n"
          "  python_module: linalg\n"
          "- func: abs(Tensor self) -> Tensor\n"
          "  variants: function, method\n"
          "- func: abs.far(Tensor self, int far) -> Tensor\n"
          "  variants: function, method\n");
    write("torch/__init__.py", "");
  }

  void write(const std::string& path, const std::string& text) { folder_.write(path, text); }

  const Surface& read(const Scope& scope) {
    const TorchSource torch{SourceTree::open(folder_.at("")), {}};
    surface_ = read_surface(torch, scope, 2);
    EXPECT_TRUE(surface_.problems.empty())
        << (surface_.problems.empty() ? "" : surface_.problems.front());
    return surface_;
  }
  const Surface& read(const std::vector<std::string>& names) { return read(Scope::of(names)); }

  /// "kind by signature…"; empty where there is no such name.
  std::string summary(const std::string& name) const {
    const SurfaceName* entry = surface_.find(name);
    if (entry == nullptr) {
      return "";
    }
    std::string text(to_string(entry->kind));
    text += " " + std::string(to_string(entry->public_by));
    for (const Signature& signature : entry->signatures) {
      text += " " + signature.text();
    }
    return text;
  }
  std::string unknown(const std::string& name) const {
    const auto found = std::ranges::find(surface_.unknown, name, &UnknownName::name);
    return found == surface_.unknown.end() ? "" : found->reason;
  }

  TestFolder folder_;
  Surface surface_;
};

TEST_F(SurfaceTest, ListedInAll) {
  write("torch/m.py",
        "__all__ = ['f', 'gone']\n"
        "__all__ += ['_g']\n"
        "def f(a, *, b: int = 1): ...\n"
        "def _g(): ...\n"
        "def h(): ...\n");
  read({"torch.m"});
  EXPECT_EQ(summary("torch.m"), "module scope");
  EXPECT_EQ(summary("torch.m.f"), "function all (a, *, b: int = 1)");
  EXPECT_EQ(summary("torch.m._g"), "function all ()");
  EXPECT_EQ(summary("torch.m.h"), "");
  EXPECT_EQ(unknown("torch.m.gone"), "listed in __all__, but no source defines it");
  EXPECT_EQ(surface_.find("torch.m.f")->file, "torch/m.py");
  EXPECT_EQ(surface_.find("torch.m.f")->line, 3u);
}

TEST_F(SurfaceTest, PublicByConvention) {
  write("torch/_p.py", "def imported(): ...\nclass Other: ...\n");
  write("torch/m.py",
        "import os\n"
        "from torch._p import imported, Other as Another\n"
        "from torch._p import *\n"
        "LIMIT = 3\n"
        "_hidden = 1\n"
        "alias = imported\n"
        "def f(): ...\n");
  read({"torch.m"});
  std::string names;
  for (const SurfaceName& name : surface_.names) {
    names += name.name + " ";
  }
  EXPECT_EQ(names, "torch.m torch.m.LIMIT torch.m.f ");
  EXPECT_EQ(summary("torch.m.LIMIT"), "attribute convention");
}

TEST_F(SurfaceTest, PathsOfOneObject) {
  write("torch/m/__init__.py", "from .inner import Thing, make\n__all__ = ['Thing', 'make']\n");
  write("torch/m/inner.py",
        "__all__ = ['Thing']\n"
        "class Thing:\n    def go(self, n): ...\n"
        "def make(): ...\n");
  Scope scope = Scope::of({"torch.m"});
  scope.entries[0].submodules = true;
  read(scope);
  EXPECT_EQ(summary("torch.m.inner.Thing"), "class all ()");
  EXPECT_EQ(summary("torch.m.Thing"), "alias all ()");
  EXPECT_EQ(surface_.find("torch.m.Thing")->alias_of, "torch.m.inner.Thing");
  const std::vector<std::string> paths = {"torch.m.Thing", "torch.m.inner.Thing"};
  EXPECT_EQ(surface_.find("torch.m.Thing")->paths, paths);
  EXPECT_EQ(summary("torch.m.inner.Thing.go"), "method member (self, n)");
  EXPECT_EQ(surface_.find("torch.m.Thing.go")->alias_of, "torch.m.inner.Thing.go");
  EXPECT_EQ(surface_.find("torch.m.make")->defined_as, "torch.m.inner.make");
  EXPECT_EQ(summary("torch.m.make"), "function all ()");
}

TEST_F(SurfaceTest, PathsOutsideTheScopeAreFound) {
  write("torch/a.py", "__all__ = ['f']\ndef f(): ...\n");
  write("torch/b.py", "import torch.a\n__all__ = ['g']\ng = torch.a.f\n");
  write("torch/c.py", "from .a import *\n__all__ = ['f']\n");
  read({"torch.a"});
  const std::vector<std::string> paths = {"torch.a.f", "torch.b.g", "torch.c.f"};
  ASSERT_NE(surface_.find("torch.a.f"), nullptr);
  EXPECT_EQ(surface_.find("torch.a.f")->paths, paths);
  EXPECT_EQ(surface_.names.size(), 2u);
}

TEST_F(SurfaceTest, MembersOfClasses) {
  write("torch/m.py",
        "__all__ = ['Base', 'C']\n"
        "class _Hidden:\n"
        "    def from_hidden(self): ...\n"
        "    def changed(self): ...\n"
        "class Base:\n"
        "    def from_base(self): ...\n"
        "class C(_Hidden, Base):\n"
        "    limit = 3\n"
        "    def __init__(self, x, y=2): ...\n"
        "    def changed(self, z): ...\n"
        "    def _private(self): ...\n"
        "    @property\n"
        "    def p(self): ...\n"
        "    @staticmethod\n"
        "    def s(a): ...\n"
        "    @classmethod\n"
        "    def c(cls, a): ...\n"
        "    class Nested:\n"
        "        def go(self): ...\n");
  read({"torch.m"});
  EXPECT_EQ(summary("torch.m.C"), "class all (x, y=2)");
  EXPECT_EQ(summary("torch.m.C.from_hidden"), "method member (self)");
  EXPECT_EQ(summary("torch.m.C.changed"), "method member (self, z)");
  EXPECT_EQ(summary("torch.m.C.from_base"), "");
  EXPECT_EQ(summary("torch.m.Base.from_base"), "method member (self)");
  EXPECT_EQ(summary("torch.m.C._private"), "");
  EXPECT_EQ(summary("torch.m.C.p"), "property member");
  EXPECT_EQ(summary("torch.m.C.s"), "method member (a)");
  EXPECT_EQ(summary("torch.m.C.c"), "method member (cls, a)");
  EXPECT_EQ(summary("torch.m.C.limit"), "attribute member");
  EXPECT_EQ(summary("torch.m.C.Nested.go"), "method member (self)");
  const std::vector<std::string> bases = {"torch.m._Hidden", "torch.m.Base"};
  EXPECT_EQ(surface_.find("torch.m.C")->bases, bases);
}

TEST_F(SurfaceTest, ConstructorsAsInspectReadsThem) {
  write("torch/m.py",
        "import dataclasses\nimport enum\n"
        "from typing import NamedTuple, Protocol, ClassVar\n"
        "class Meta(type):\n"
        "    def __call__(cls, by_meta): ...\n"
        "class WithMeta(metaclass=Meta):\n"
        "    def __init__(self, ignored): ...\n"
        "class New:\n"
        "    def __new__(cls, by_new): ...\n"
        "    def __init__(self, ignored): ...\n"
        "class Derived(New):\n"
        "    def __init__(self, own): ...\n"
        "@dataclasses.dataclass\n"
        "class Data:\n"
        "    a: int\n"
        "    k: ClassVar[int] = 0\n"
        "    b: str = 'x'\n"
        "    c: list = dataclasses.field(default_factory=list)\n"
        "    d: int = dataclasses.field(init=False)\n"
        "@dataclasses.dataclass(kw_only=True)\n"
        "class More(Data):\n"
        "    e: int\n"
        "class Point(NamedTuple):\n"
        "    x: int\n"
        "    y: int = 0\n"
        "class Proto(Protocol):\n"
        "    def go(self): ...\n"
        "class Colour(enum.Enum):\n"
        "    RED = 1\n"
        "class Table(dict):\n"
        "    pass\n");
  read({"torch.m"});
  EXPECT_EQ(summary("torch.m.WithMeta"), "class convention (by_meta)");
  EXPECT_EQ(summary("torch.m.New"), "class convention (by_new)");
  EXPECT_EQ(summary("torch.m.Derived"), "class convention (own)");
  EXPECT_EQ(summary("torch.m.Data"),
            "class convention (a: int, b: str = 'x', "
            "c: list = dataclasses.field(default_factory=list)) -> None");
  EXPECT_EQ(summary("torch.m.More"),
            "class convention (a: int, b: str = 'x', "
            "c: list = dataclasses.field(default_factory=list), *, e: int) -> None");
  EXPECT_EQ(summary("torch.m.Point"), "class convention (x: int, y: int = 0)");
  EXPECT_EQ(summary("torch.m.Proto"), "class convention (*args, **kwargs)");
  EXPECT_EQ(summary("torch.m.Colour"),
            "class convention (value, names=None, *, module=None, qualname=None, type=None, "
            "start=1, boundary=None)");
  EXPECT_EQ(summary("torch.m.Table"), "class convention");
  EXPECT_EQ(unknown("torch.m.Table"),
            "its constructor is that of builtins.dict, which is not read");
}

TEST_F(SurfaceTest, WrappersOverloadsAndPartials) {
  write("torch/m.py",
        "import functools\nfrom typing import overload\n"
        "from typing_extensions import deprecated\n"
        "def _deco(f):\n"
        "    @functools.wraps(f)\n"
        "    def inner(*args, **kwargs):\n"
        "        return f(*args, **kwargs)\n"
        "    return inner\n"
        "@_deco\n"
        "def wrapped(a, b=1): ...\n"
        "@overload\n"
        "def f(a: int) -> int: ...\n"
        "@overload\n"
        "def f(a: str) -> str: ...\n"
        "def f(a): ...\n"
        "def g(a, b, c=1): ...\n"
        "p = functools.partial(g, 0, b=2)\n"
        "@deprecated('use f')\n"
        "def old(): ...\n");
  read({"torch.m"});
  EXPECT_EQ(summary("torch.m.wrapped"), "function convention (a, b=1)");
  EXPECT_EQ(surface_.find("torch.m.wrapped")->decorators, std::vector<std::string>{"_deco"});
  EXPECT_EQ(summary("torch.m.f"), "function convention (a) (a: int) -> int (a: str) -> str");
  EXPECT_EQ(summary("torch.m.p"), "function convention (*, b=2, c=1)");
  EXPECT_EQ(surface_.find("torch.m.old")->deprecated, "use f");
}

TEST_F(SurfaceTest, BuiltinsFromStubsAndOperators) {
  write("torch/_C/__init__.pyi",
        "from typing import overload\n"
        "def _add_docstr(obj, doc_obj): ...\n"
        "class TensorBase:\n"
        "    @overload\n"
        "    def abs(self) -> Tensor: ...\n"
        "    @overload\n"
        "    def abs(self, near: int) -> Tensor: ...\n"
        "    @property\n"
        "    def grad(self) -> Tensor: ...\n");
  write("torch/_tensor.py", "import torch\nclass Tensor(torch._C.TensorBase):\n    pass\n");
  write("torch/__init__.py", "from torch._tensor import Tensor\n__all__ = ['Tensor']\n");
  write("torch/linalg/__init__.py",
        "from torch._C import _add_docstr, _linalg\n"
        "det = _add_docstr(_linalg.linalg_det, r'''\nlinalg.det(A, *, out=None) -> Tensor\n''')\n"
        "norm = _add_docstr(_linalg.linalg_norm, 'linalg.norm(A, ord=None) -> Tensor')\n"
        "other = _add_docstr(_linalg.linalg_other, 'Prose.')\n"
        "__all__ = ['det', 'norm', 'other']\n");
  read({"torch.linalg", "torch.Tensor"});
  EXPECT_EQ(summary("torch.Tensor.abs"),
            "method member (self) -> Tensor (self, near: int) -> Tensor "
            "(self, far: int) -> Tensor");
  EXPECT_EQ(summary("torch.Tensor.grad"), "property member");
  EXPECT_EQ(summary("torch.linalg.det"),
            "builtin all (A: Tensor, *, out: Tensor | None = None) -> Tensor");
  EXPECT_EQ(summary("torch.linalg.norm"), "builtin all (A, ord=None) -> Tensor");
  EXPECT_EQ(summary("torch.linalg.other"), "builtin all");
  EXPECT_EQ(unknown("torch.linalg.other").find("defined in C"), 0u);
}

TEST_F(SurfaceTest, OtherThingsOfAnOperatorsNameAreNone) {
  write("torch/_C/__init__.pyi", "def _add_docstr(obj, doc_obj): ...\n");
  write("torch/_C/_distributed.pyi",
        "class Backend:\n"
        "    def abs(self) -> int: ...\n");
  write("torch/distributed.py",
        "from torch._C._distributed import Backend\n"
        "from torch._C import _add_docstr, _nn, _rest\n"
        "det = _add_docstr(_nn.linalg_det, 'Prose.')\n"
        "abs = _add_docstr(_rest.abs, 'Prose.')\n"
        "__all__ = ['Backend', 'abs', 'det']\n");
  read({"torch.distributed"});
  EXPECT_EQ(summary("torch.distributed.Backend.abs"), "method member (self) -> int");
  EXPECT_EQ(summary("torch.distributed.det"), "builtin all");
  EXPECT_EQ(summary("torch.distributed.abs"), "builtin all");
}

TEST_F(SurfaceTest, ConditionsAreKept) {
  write("torch/m.py",
        "import os\n"
        "if os.environ.get('X'):\n"
        "    def f(a): ...\n"
        "else:\n"
        "    def f(b): ...\n");
  read({"torch.m"});
  const SurfaceName* f = surface_.find("torch.m.f");
  ASSERT_NE(f, nullptr);
  EXPECT_NE(f->condition.find("os.environ.get('X')"), std::string::npos);
  ASSERT_EQ(f->signatures.size(), 2u);
  EXPECT_EQ(f->signatures[1].confidence, Confidence::Guessed);
}

TEST_F(SurfaceTest, NamesThatTheScopeAsksFor) {
  write("torch/m.py", "class _P:\n    def _q(self, a): ...\n    def r(self): ...\n");
  read({"torch.m._P._q", "torch.m.nothing"});
  EXPECT_EQ(summary("torch.m._P._q"), "method scope (self, a)");
  EXPECT_EQ(summary("torch.m._P.r"), "");
  EXPECT_EQ(unknown("torch.m.nothing"), "no source defines it");
}

TEST_F(SurfaceTest, EverythingIsAllPublicModules) {
  write("torch/a.py", "def f(): ...\n");
  write("torch/_b.py", "def g(): ...\n");
  Scope scope;
  scope.everything = true;
  read(scope);
  EXPECT_EQ(summary("torch.a.f"), "function convention ()");
  EXPECT_EQ(summary("torch._b.g"), "");
}

}  // namespace
}  // namespace torchdevice::gap
