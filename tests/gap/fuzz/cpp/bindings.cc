static PyMethodDef methods[] = {{"_cuda_init", init, METH_NOARGS, nullptr}, {nullptr}};
template <typename T>
void add_all(T& type, std::initializer_list<const char*> names) {
  for (const char* name : names) type.def(name, [](int x) { return x ? R"(a)" : "b"; });
}
void install(PyObject* torch_c) {
  auto module = py::handle(torch_c).cast<py::module_>();
  PyModule_AddFunctions(torch_c, methods);
  py::class_<Graph> graph(module, "_Graph");
  add_all(graph, {"reset", "replay"});
  module.attr("_has_cuda") = true;
  type.tp_new = *reinterpret_cast<newfunc>(&make);
}
