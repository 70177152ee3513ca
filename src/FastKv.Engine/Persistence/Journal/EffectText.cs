using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Journal;

/// <summary>Commands as text in RESP, as a client would send them and as they stand in an AOF. Data plane.</summary>
internal static unsafe class EffectText
{
    /// <summary>Bytes of a header ("*count" or "$length" and the line's end), and of the end of an argument, at most.</summary>
    public const int ArgumentOverhead = 1 + NumberText.Int64CharsMax + 2 + 2;

    /// <summary>Writes "*count"; returns the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Header(byte* to, int count) => Number(to, (byte)'*', count);

    /// <summary>Writes one argument; returns the end. Room: its bytes and <see cref="ArgumentOverhead"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Argument(byte* to, byte* bytes, int length)
    {
        to = Number(to, (byte)'$', length);
        Copy(bytes, to, length);
        to += length;
        Unsafe.WriteUnaligned(to, (ushort)('\r' | '\n' << 8));
        return to + 2;
    }

    /// <summary>Room for a whole command.</summary>
    public static long Bound(Argument* arguments, int count)
    {
        long bound = ArgumentOverhead;
        for (int i = 0; i < count; i++)
            bound += arguments[i].Length + ArgumentOverhead;
        return bound;
    }

    /// <summary>Writes a whole command; returns the end.</summary>
    public static byte* Command(byte* to, Argument* arguments, int count)
    {
        to = Header(to, count);
        for (int i = 0; i < count; i++)
            to = Argument(to, arguments[i].Pointer, arguments[i].Length);
        return to;
    }

    /// <summary>Appends "*count".</summary>
    public static void Header(ref NativeBuffer text, int count)
    {
        text.EnsureFree(ArgumentOverhead);
        text.Length = Header(text.Data + text.Length, count) - text.Data;
    }

    /// <summary>Appends one argument.</summary>
    public static void Argument(ref NativeBuffer text, ReadOnlySpan<byte> bytes)
    {
        text.EnsureFree(bytes.Length + ArgumentOverhead);
        fixed (byte* from = bytes)
            text.Length = Argument(text.Data + text.Length, from, bytes.Length) - text.Data;
    }

    /// <summary>Appends what stands before the bytes of an argument, which are to follow, and <see cref="ArgumentEnd"/> behind them.</summary>
    public static void ArgumentHead(ref NativeBuffer text, int length)
    {
        text.EnsureFree(ArgumentOverhead);
        text.Length = Number(text.Data + text.Length, (byte)'$', length) - text.Data;
    }

    /// <summary>Appends the end of an argument.</summary>
    public static void ArgumentEnd(ref NativeBuffer text)
    {
        text.EnsureFree(2);
        Unsafe.WriteUnaligned(text.Data + text.Length, (ushort)('\r' | '\n' << 8));
        text.Length += 2;
    }

    /// <summary>Appends one argument that is a number.</summary>
    public static void Argument(ref NativeBuffer text, long number)
    {
        byte* digits = stackalloc byte[NumberText.Int64CharsMax];
        Argument(ref text, new ReadOnlySpan<byte>(digits, NumberText.Format(digits, number)));
    }

    /// <summary>Appends a whole command.</summary>
    public static void Command(ref NativeBuffer text, Argument* arguments, int count)
    {
        text.EnsureFree(Bound(arguments, count));
        text.Length = Command(text.Data + text.Length, arguments, count) - text.Data;
    }

    /// <summary>What keys and values mostly are takes two loads and two stores that overlap, and no call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* from, byte* to, int length)
    {
        if (length is >= 16 and <= 32)
        {
            var head = Vector128.Load(from);
            var tail = Vector128.Load(from + length - 16);
            head.Store(to);
            tail.Store(to + length - 16);
        }
        else if (length is >= 8 and < 16)
        {
            ulong head = Unsafe.ReadUnaligned<ulong>(from), tail = Unsafe.ReadUnaligned<ulong>(from + length - 8);
            Unsafe.WriteUnaligned(to, head);
            Unsafe.WriteUnaligned(to + length - 8, tail);
        }
        else
        {
            Buffer.MemoryCopy(from, to, length, length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Number(byte* to, byte prefix, int value)
    {
        if (value < 10)
        {
            Unsafe.WriteUnaligned(to, prefix | (uint)('0' + value) << 8 | (uint)'\r' << 16 | (uint)'\n' << 24);
            return to + 4;
        }
        if (value < 100)
        {
            // Eight bytes with one store; the three behind them are within ArgumentOverhead, and are written next.
            uint tens = (uint)value / 10;
            Unsafe.WriteUnaligned(to, prefix | (ulong)('0' + tens) << 8 | (ulong)('0' + (uint)value - (10 * tens)) << 16 | (ulong)'\r' << 24 | (ulong)'\n' << 32);
            return to + 5;
        }
        *to++ = prefix;
        to += NumberText.Format(to, value);
        Unsafe.WriteUnaligned(to, (ushort)('\r' | '\n' << 8));
        return to + 2;
    }
}
