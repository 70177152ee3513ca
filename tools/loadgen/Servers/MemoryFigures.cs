// How much memory a server has. Control plane.
using System.Globalization;

namespace FastKv.LoadGen.Servers;

/// <summary>Resident memory as the kernel says, and used_memory as the server says.</summary>
/// <param name="ResidentBytes">VmRSS; NaN when the process cannot be seen.</param>
/// <param name="UsedBytes">INFO memory.</param>
internal readonly record struct MemoryFigures(double ResidentBytes, double UsedBytes)
{
    private const int SettleMs = 7_000;

    /// <summary>Now.</summary>
    public static MemoryFigures Read(ControlClient control, int processId)
    {
        double resident = processId > 0 ? ServerFacts.ResidentBytes(processId) : double.NaN;
        return new MemoryFigures(resident, InfoNumber(control, "memory", "used_memory"));
    }

    /// <summary>After a while in which the server shrinks what its clients needed, and its compiler, which has been quiet for five seconds then, gives its memory back.</summary>
    public static MemoryFigures Settled(ControlClient control, int processId)
    {
        Thread.Sleep(SettleMs);
        return Read(control, processId);
    }

    /// <summary>A field of INFO; NaN when there is none.</summary>
    public static double InfoNumber(ControlClient control, string section, string field)
    {
        foreach (string line in control.Call("INFO", section).Split("\r\n"))
        {
            if (line.StartsWith(field + ":", StringComparison.Ordinal))
                return double.Parse(line.AsSpan(field.Length + 1), CultureInfo.InvariantCulture);
        }
        return double.NaN;
    }
}
