using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

// --test runs each benchmark once to show that it works. Its figures mean nothing.
var isTest = args.Contains("--test");
var job = (isTest ? Job.Dry : Job.ShortRun).WithToolchain(new InProcessNoEmitToolchain(TimeSpan.FromMinutes(10), logOutput: false));
var config = DefaultConfig.Instance.AddJob(job).WithArtifactsPath(Path.Combine(Path.GetTempPath(), "pilothouse-benchmarks"));
string[] chosen = isTest ? ["--filter", "*", .. args.Where(static arg => arg != "--test")] : args;
var summaries = BenchmarkSwitcher.FromAssembly(typeof(Pilothouse.Benchmarks.StoreBenchmarks).Assembly).Run(chosen, config).ToList();
return summaries.Count > 0 && summaries.All(static summary => !summary.HasCriticalValidationErrors && summary.Reports.All(static report => report.Success)) ? 0 : 1;
