using System.Runtime.InteropServices;

namespace FastKv.Network.Native;

/// <summary><c>struct iovec</c>: a piece of memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    internal byte* Base;
    internal nuint Length;
}

/// <summary><c>struct msghdr</c> (glibc and musl, 64 bit).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal void* Name;
    internal uint NameLength;
    internal IoVector* Vectors;
    internal nuint VectorCount;
    internal void* Control;
    internal nuint ControlLength;
    internal int Flags;
}

/// <summary><c>struct __kernel_timespec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelTimespec
{
    internal long Seconds;
    internal long Nanoseconds;

    internal static KernelTimespec FromMicroseconds(long microseconds) =>
        new() { Seconds = microseconds / 1_000_000, Nanoseconds = microseconds % 1_000_000 * 1000 };
}
