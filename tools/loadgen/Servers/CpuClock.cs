// CPU time of threads and processes, to the nanosecond. Control plane.
using System.Runtime.InteropServices;

namespace FastKv.LoadGen.Servers;

/// <summary>
/// CPU clocks of the kernel (clock_gettime(2), clock_getcpuclockid(3)). They are exact, also for short stretches, and include threads that have
/// ended, where /proc/pid/stat counts ticks of 10 ms.
/// </summary>
internal static unsafe partial class CpuClock
{
    private const int ThreadCpuTime = 3;

    /// <summary>CPU time of the calling thread, user and system.</summary>
    public static long CurrentThreadNs() => Read(ThreadCpuTime);

    /// <summary>CPU time of a process, user and system, of all its threads; -1 when there is no such process.</summary>
    public static long ProcessNs(int processId)
    {
        // The clock's number: the complement of the process id, then two bits for "scheduler's own account".
        return Read((~processId << 3) | 2);
    }

    /// <summary>Share of user time in the CPU time of a process so far, and in ticks: (user, system).</summary>
    public static (long UserTicks, long SystemTicks) ProcessTicks(int processId)
    {
        string stat = File.ReadAllText($"/proc/{processId}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11]), long.Parse(fields[12]));
    }

    private static long Read(int clock)
    {
        TimeSpec time;
        return clock_gettime(clock, &time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : -1;
    }

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, TimeSpec* time);
}
