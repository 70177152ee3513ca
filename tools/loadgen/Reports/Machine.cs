// The machine that figures come from. Control plane.
namespace FastKv.LoadGen.Reports;

/// <summary>Describes the machine in a line.</summary>
internal static class Machine
{
    /// <summary>Processor, cores and kernel.</summary>
    public static string Describe()
    {
        string model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) ?? "processor: unknown";
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        int cores = File.ReadLines("/proc/cpuinfo").Count(l => l.StartsWith("processor", StringComparison.Ordinal));
        return $"{cores} x {model[(model.IndexOf(':') + 1)..].Trim()}, Linux {kernel}";
    }
}
