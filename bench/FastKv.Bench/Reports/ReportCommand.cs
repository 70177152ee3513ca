// The commands `report` and `gc-free`: publish the server, run sections, write the files. Control plane.
using System.CommandLine;
using System.Diagnostics;
using FastKv.LoadGen.Load;

namespace FastKv.Bench.Reports;

/// <summary>Command line of the reports.</summary>
internal static class ReportCommand
{
    /// <summary>What these commands are called.</summary>
    public static readonly string[] Names = ["report", "gc-free"];

    private static readonly (string Name, Func<ReportSettings, SectionReport> Run)[] Sections =
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
    ];

    /// <summary>Runs a command.</summary>
    /// <returns>Exit code: 0 when all was measured, met or not.</returns>
    public static int Run(string name, string[] arguments)
    {
        var only = new Option<string?>("--only") { Description = "Sections: " + string.Join(',', Sections.Select(s => s.Name)) };
        var quick = new Option<bool>("--quick") { Description = "Short stretches: shows that all works, measures nothing" };
        var output = new Option<string>("--out") { Description = "Folder of the report", DefaultValueFactory = _ => "perf-reports" };
        var server = new Option<string?>("--server") { Description = "fastkv-server executable; without it the server is published into a temporary folder" };
        var serverCore = new Option<int>("--server-core") { Description = "Core of the servers" };
        var clientCore = new Option<int>("--client-core") { Description = "Core of the client", DefaultValueFactory = _ => 1 };
        string purpose = name == "report" ? "FastKv against redis-server" : "Collections and allocations of FastKv under load";
        var command = new RootCommand(purpose) { quick, output, server, serverCore, clientCore };
        if (name == "report")
            command.Add(only);
        command.SetAction(parsed =>
        {
            string[] sections = parsed.GetValue(only)?.Split(',') ?? [.. Sections.Select(s => s.Name)];
            if (sections.FirstOrDefault(s => Sections.All(known => known.Name != s)) is { } unknown)
            {
                Console.Error.WriteLine($"There is no section {unknown}. There are: {string.Join(", ", Sections.Select(s => s.Name))}");
                return 1;
            }
            try
            {
                var settings = new ReportSettings
                {
                    Quick = parsed.GetValue(quick),
                    Output = parsed.GetValue(output)!,
                    Server = parsed.GetValue(server) ?? Publish(),
                    ServerCore = parsed.GetValue(serverCore),
                    ClientCore = parsed.GetValue(clientCore),
                };
                return Measure(name, settings, arguments, sections);
            }
            catch (LoadException error)
            {
                Console.Error.WriteLine(error.Message);
                return 1;
            }
        });
        return command.Parse(arguments).Invoke();
    }

    private static int Measure(string name, ReportSettings settings, string[] arguments, string[] sections)
    {
        string commandLine = $"dotnet run -c Release --project bench/FastKv.Bench -- {string.Join(' ', [name, .. arguments])}";
        var reports = new List<SectionReport>();
        bool isGcFree = name == "gc-free";
        IEnumerable<(string Name, Func<ReportSettings, SectionReport> Run)> chosen =
            isGcFree ? [("gc-free", GcFreeReport.Run)] : Sections.Where(s => sections.Contains(s.Name));
        bool failed = false;
        foreach ((string section, Func<ReportSettings, SectionReport> run) in chosen)
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
        string title = isGcFree ? "Garbage collection under load" : "The engine against redis-server";

        // A part does not overwrite the whole.
        bool isWhole = sections.Length == Sections.Length;
        string kind = isGcFree ? "gc-free" : isWhole ? "engine" : "engine-" + string.Join('-', sections);
        string file = ReportDocument.Write(settings, kind, title, commandLine, reports);
        if (!isGcFree && isWhole && !failed)
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
