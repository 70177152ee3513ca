using System.Runtime.InteropServices;

namespace FastKv.Engine;

/// <summary>Processor time used, from getrusage(2). Control plane; allocates nothing.</summary>
internal static unsafe partial class ProcessorTime
{
    /// <summary>Whose time.</summary>
    internal enum Scope
    {
        Process = 0,
        Children = -1,

        /// <summary>The calling thread.</summary>
        Thread = 1,
    }

    /// <summary>Seconds in the kernel and in user mode.</summary>
    public static (double System, double User) Of(Scope scope)
    {
        // Only the two times at the front are read; 144 bytes is the whole struct on 64-bit Linux.
        Usage usage;
        return getrusage((int)scope, &usage) == 0 ? (Seconds(usage.System), Seconds(usage.User)) : default;
    }

    private static double Seconds(Time time) => time.Seconds + time.Microseconds / 1e6;

    [LibraryImport("libc")]
    private static partial int getrusage(int who, Usage* usage);

    private struct Time
    {
        public long Seconds;
        public long Microseconds;
    }

    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct Usage
    {
        public Time User;
        public Time System;
    }
}
