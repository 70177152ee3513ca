// The commands `report`, `types`, `features`, `eviction`, `pubsub`, `persistence` and `gc-free`: publish the server, run sections, write the
// files. Control plane.
using System.CommandLine;
using System.Diagnostics;
using FastKv.Bench.Eviction;
using FastKv.Bench.Features;
using FastKv.Bench.Persistence;
using FastKv.Bench.PubSub;
using FastKv.Bench.Types;
using FastKv.LoadGen.Load;

namespace FastKv.Bench.Reports;

/// <summary>Command line of the reports.</summary>
internal static class ReportCommand
{
    private static readonly ReportKind[] Kinds =
    [
        new("report", "FastKv against redis-server", "The engine against redis-server", "engine", ReportDocument.EngineMethod,
        [
            ("cpu", CpuSection.Run),
            ("many-keys", CpuSection.RunManyKeys),
            ("latency", LatencySection.RunEqualLoad),
            ("one", LatencySection.RunOneConnection),
            ("medium", LatencySection.RunMediumLoad),
            ("memory", MemorySection.Run),
            ("shards", ShardsSection.Run),
            ("start", StartSection.Run),
            ("expiry", ExpirySection.Run),
        ]),
        new("types", "FastKv's data types against redis-server's", "The data types against redis-server", "types", TypesMethod.Text,
        [
            ("cpu", TypesCpuSection.Run),
            ("memory", TypesMemorySection.Run),
            ("stalls", StallsSection.Run),
            ("growth", GrowthSection.Run),
            ("leaderboard", LeaderboardSection.Run),
        ]),
        new("features", "What transactions, permissions and features that are off cost", "The cost of features", "features", ReportDocument.EngineMethod,
        [
            ("transactions", FeatureCostSections.RunTransactions),
            ("acl", FeatureCostSections.RunPermissions),
            ("baseline", FeatureCostSections.RunAgainstBaseline),
        ]),
        new("eviction", "FastKv under maxmemory against redis-server", "Eviction and maxmemory", "eviction", EvictionMethod.Text,
        [
            ("hits", HitsSection.Run),
            ("rss", ResidentSection.Run),
        ]),
        new("pubsub", "Messages per second and CPU per message against redis-server", "Pub/Sub against redis-server", "pubsub", ReportDocument.EngineMethod,
        [
            ("fan-out", FanOutSection.Run),
        ]),
        new("persistence", "Snapshots, append-only files and restarts against redis-server", "Persistence against redis-server", "persistence",
            PersistenceMethod.Text,
        [
            ("snapshot", SnapshotSection.Run),
            ("load", LoadSection.Run),
            ("aof", AofSection.Run),
            ("restart", RestartSection.Run),
        ]),
        new("gc-free", "Collections and allocations of FastKv under load", "Garbage collection under load", "gc-free", ReportDocument.EngineMethod,
        [
            ("gc-free", GcFreeReport.Run),
        ]),
    ];

    /// <summary>What these commands are called.</summary>
    public static readonly string[] Names = [.. Kinds.Select(k => k.Command)];

    /// <summary>Runs a command.</summary>
    /// <returns>Exit code: 0 when all was measured, met or not.</returns>
    public static int Run(string name, string[] arguments)
    {
        ReportKind kind = Kinds.Single(k => k.Command == name);
        string[] known = [.. kind.Sections.Select(s => s.Name)];
        var only = new Option<string?>("--only") { Description = "Sections: " + string.Join(',', known) };
        var quick = new Option<bool>("--quick") { Description = "Short stretches: shows that all works, measures nothing" };
        var output = new Option<string>("--out") { Description = "Folder of the report", DefaultValueFactory = _ => "perf-reports" };
        var server = new Option<string?>("--server") { Description = "fastkv-server executable; without it the server is published into a temporary folder" };
        var baseline = new Option<string?>("--baseline") { Description = "Another build's fastkv-server executable, to compare with" };
        var serverCore = new Option<int>("--server-core") { Description = "Core of the servers" };
        var clientCore = new Option<int>("--client-core") { Description = "Core of the client", DefaultValueFactory = _ => 1 };
        var elements = new Option<long?>("--elements") { Description = "Elements of the largest values, instead of the usual number" };
        var command = new RootCommand(kind.Purpose) { quick, output, server, baseline, serverCore, clientCore };
        if (name == "types")
            command.Add(elements);
        var keys = new Option<long?>("--keys") { Description = "Keys that are saved and loaded, instead of the usual number" };
        var folder = new Option<string>("--dir") { Description = "Folder on the disk that is measured", DefaultValueFactory = _ => Path.GetTempPath() };
        var data = new Option<string?>("--data") { Description = "Of the section snapshot: strings or mixed; of rss: small or shifting; instead of both" };
        if (name is "persistence" or "eviction")
            command.Add(data);
        if (name == "persistence")
        {
            command.Add(keys);
            command.Add(folder);
        }
        if (known.Length > 1)
            command.Add(only);
        command.SetAction(parsed =>
        {
            string[] sections = known.Length > 1 && parsed.GetValue(only) is { } some ? some.Split(',') : known;
            if (sections.FirstOrDefault(s => !known.Contains(s)) is { } unknown)
            {
                Console.Error.WriteLine($"There is no section {unknown}. There are: {string.Join(", ", known)}");
                return 1;
            }
            try
            {
                var settings = new ReportSettings
                {
                    Quick = parsed.GetValue(quick),
                    Output = parsed.GetValue(output)!,
                    Server = parsed.GetValue(server) ?? Publish(),
                    Baseline = parsed.GetValue(baseline),
                    ServerCore = parsed.GetValue(serverCore),
                    ClientCore = parsed.GetValue(clientCore),
                    Elements = name == "types" ? parsed.GetValue(elements) : null,
                    DataKeysChosen = name == "persistence" ? parsed.GetValue(keys) : null,
                    DataChosen = name is "persistence" or "eviction" ? parsed.GetValue(data) : null,
                    DataFolder = name == "persistence" ? parsed.GetValue(folder)! : Path.GetTempPath(),
                };
                return Measure(kind, settings, arguments, sections);
            }
            catch (LoadException error)
            {
                Console.Error.WriteLine(error.Message);
                return 1;
            }
        });
        return command.Parse(arguments).Invoke();
    }

    private static int Measure(ReportKind kind, ReportSettings settings, string[] arguments, string[] sections)
    {
        string commandLine = $"dotnet run -c Release --project bench/FastKv.Bench -- {string.Join(' ', [kind.Command, .. arguments])}";
        var reports = new List<SectionReport>();
        bool failed = false;
        foreach ((string section, Func<ReportSettings, SectionReport> run) in kind.Sections.Where(s => sections.Contains(s.Name)))
        {
            Console.Error.WriteLine($"{DateTime.UtcNow:HH:mm:ss} {section} ...");
            try
            {
                reports.Add(run(settings));
            }
            catch (LoadException error)
            {
                // One section that cannot be measured does not cost the others their figures.
                failed = true;
                var report = new SectionReport(section, $"{section}: not measured");
                report.Paragraph($"This section failed: {error.Message}");
                reports.Add(report);
            }
            Console.WriteLine(ReportDocument.Targets([reports[^1]]));
        }

        // A part does not overwrite the whole.
        bool isWhole = sections.Length == kind.Sections.Length;
        string fileKind = isWhole ? kind.File : $"{kind.File}-{string.Join('-', sections)}";
        string file = ReportDocument.Write(settings, fileKind, kind.Title, kind.Method(settings), commandLine, reports);
        if (kind.File == "engine" && isWhole && !failed)
            ReportDocument.WriteReadmeFragment(settings, file, commandLine, reports);
        Console.WriteLine(file);
        return failed ? 1 : 0;
    }

    /// <summary>Publishes FastKv as a user would, and returns its executable.</summary>
    private static string Publish()
    {
        string folder = Path.Combine(Path.GetTempPath(), "fastkv-report", "server");
        Console.Error.WriteLine($"Publishing the server to {folder} ...");
        string arguments = $"publish src/FastKv.Server -c Release -r linux-x64 -p:PublishReadyToRun=true --self-contained false -o {folder} --nologo -v q";
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string server = Path.Combine(folder, "fastkv-server");
        if (process.ExitCode != 0 || !File.Exists(server))
            throw new LoadException("The server could not be published (run this in the repository's root folder):\n" + text);
        return server;
    }
}
