// The measurements of FastKv: BenchmarkDotNet suites (the default), and the reports that drive whole servers. Control plane.
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

if (args is [FastKv.Bench.Reports.FloorServer.CommandName, var port])
    return FastKv.Bench.Reports.FloorServer.Run(port);
if (args.Length > 0 && FastKv.Bench.Reports.ReportCommand.Names.Contains(args[0]))
    return FastKv.Bench.Reports.ReportCommand.Run(args[0], args[1..]);

// In this process and in short iterations: all suites together stay under ten minutes. A job given on the command line replaces it.
bool hasOwnJob = args.Any(a => a is "-j" or "--job");
Job quick = Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100)).WithToolchain(InProcessEmitToolchain.Instance);
const int ColumnCharactersMax = 70; // a command line fits
IConfig config = DefaultConfig.Instance.WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(ColumnCharactersMax));
if (!hasOwnJob)
    config = config.AddJob(quick);
BenchmarkSwitcher.FromAssembly(typeof(FastKv.Bench.Commands.InProcessEngine).Assembly).Run(args, config);
return 0;
