using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FastKv.Structures;

// Data plane. The opcodes of a sparse HyperLogLog (HyperLogLog.cs draws them). A value of 3,000 bytes, the most by default, has some 2,000 of them, and each
// PFADD must find the one of its register, so whole blocks of 64 bytes are passed over at once: 47 of them, 5 ns each.

/// <summary>Reads and writes sparse registers. O(bytes).</summary>
internal static unsafe class SparseRegisters
{
    /// <summary>Values above cannot be written sparsely.</summary>
    internal const int ValueMax = 32;

    /// <summary>The most bytes that one opcode can become: XZERO, VAL, XZERO.</summary>
    internal const int SplitBytesMax = 5;

    private const int ValueMark = 0x80;
    private const int LongZeroMark = 0x40;
    private const int ValueLengthMax = 4;
    private const int ZeroLengthMax = 64;
    private const int BlockBytes = 64;

    // How far behind an edit opcodes are looked at for merging; the same for all, so that equal elements make equal bytes.
    private const int MergeScanOpcodes = 5;

    internal static bool IsValue(int opcode) => (opcode & ValueMark) != 0;

    internal static bool IsLongZero(int opcode) => (opcode & (ValueMark | LongZeroMark)) == LongZeroMark;

    internal static int ValueOf(int opcode) => ((opcode >> 2) & 31) + 1;

    internal static int ValueLength(int opcode) => (opcode & 3) + 1;

    internal static int ZeroLength(int opcode) => (opcode & 63) + 1;

    internal static int LongZeroLength(int opcode, int low) => ((opcode & 63) << 8 | low) + 1;

    /// <summary>Writes the opcode of <paramref name="length"/> registers, 1 to 4, with a value of 1 to 32.</summary>
    internal static byte* WriteValue(byte* to, int value, int length)
    {
        Debug.Assert(value is >= 1 and <= ValueMax && length is >= 1 and <= ValueLengthMax, "what fits");
        *to = (byte)(ValueMark | (value - 1) << 2 | (length - 1));
        return to + 1;
    }

    /// <summary>Writes the opcode of <paramref name="length"/> registers that are 0: one byte up to 64 of them, else two.</summary>
    internal static byte* WriteZeros(byte* to, int length)
    {
        if (length <= ZeroLengthMax)
        {
            *to = (byte)(length - 1);
            return to + 1;
        }

        to[0] = (byte)(LongZeroMark | (length - 1) >> 8);
        to[1] = (byte)(length - 1);
        return to + 2;
    }

    /// <summary>Where the opcode of a register stands.</summary>
    internal struct Position
    {
        /// <summary>The opcode.</summary>
        public byte* At;

        /// <summary>The opcode before; null: there is none.</summary>
        public byte* Previous;

        /// <summary>The first register of its run.</summary>
        public int First;

        /// <summary>Registers of its run.</summary>
        public int Length;

        /// <summary>Bytes of the opcode: 1 or 2.</summary>
        public int Bytes;
    }

    /// <summary>Finds the opcode of a register; false: the opcodes end before it.</summary>
    internal static bool TryLocate(byte* opcodes, byte* end, int register, out Position position)
    {
        byte* at = opcodes;
        byte* previous = null;
        int first = 0;
        while (end - at >= BlockBytes)
        {
            int length = MeasureBlock(at, out int bytes, out int lastOpcode);
            if (first + length > register)
                break;
            first += length;
            previous = at + lastOpcode;
            at += bytes;
        }

        position = default;
        while (at < end)
        {
            int opcode = *at;
            int bytes = 1;
            int length;
            if (IsValue(opcode))
            {
                length = ValueLength(opcode);
            }
            else if (!IsLongZero(opcode))
            {
                length = ZeroLength(opcode);
            }
            else
            {
                bytes = 2;
                if (at + bytes > end)
                    return false;
                length = LongZeroLength(opcode, at[1]);
            }

            if (register < first + length)
            {
                position = new Position { At = at, Previous = previous, First = first, Length = length, Bytes = bytes };
                return true;
            }

            previous = at;
            at += bytes;
            first += length;
        }

        return false;
    }

    /// <summary>
    /// Joins neighbouring VALs of the same value from <paramref name="at"/> on, a few opcodes far: those that an edit may have made joinable.
    /// </summary>
    /// <returns>The new end.</returns>
    internal static byte* MergeValues(byte* at, byte* end)
    {
        for (int left = MergeScanOpcodes; left > 0 && at < end; left--)
        {
            if (!IsValue(*at))
            {
                at += IsLongZero(*at) ? 2 : 1;
                continue;
            }

            if (at + 1 < end && IsValue(at[1]) && ValueOf(*at) == ValueOf(at[1]))
            {
                int length = ValueLength(*at) + ValueLength(at[1]);
                if (length <= ValueLengthMax)
                {
                    WriteValue(at + 1, ValueOf(*at), length);
                    Buffer.MemoryCopy(at + 1, at, end - at, end - at - 1);
                    end--;
                    continue;
                }
            }

            at++;
        }

        return end;
    }

    /// <summary>Raises each of <paramref name="bytes"/> to the register's value; false: the opcodes do not describe 16,384 registers.</summary>
    internal static bool MaxInto(byte* opcodes, byte* end, byte* bytes)
    {
        long register = 0;
        var run = new SparseRun(opcodes, end);
        while (run.MoveNext())
        {
            if (run.Value > 0)
            {
                if (register + run.Length > HyperLogLog.Registers)
                    return false;
                for (byte* to = bytes + register, behind = to + run.Length; to < behind; to++)
                    *to = Math.Max(*to, (byte)run.Value);
            }

            register += run.Length;
        }

        return register == HyperLogLog.Registers;
    }

    /// <summary>Adds up how many registers have each value; false: the opcodes do not describe 16,384 registers.</summary>
    internal static bool Histogram(byte* opcodes, byte* end, Span<int> histogram)
    {
        long registers = 0;
        var run = new SparseRun(opcodes, end);
        while (run.MoveNext())
        {
            registers += run.Length;
            if (registers > HyperLogLog.Registers)
                return false;
            histogram[run.Value] += run.Length;
        }

        return registers == HyperLogLog.Registers;
    }

    // The registers of the opcodes in 64 bytes, the first of which starts an opcode; an XZERO in the last byte is left to the next block.
    private static int MeasureBlock(byte* at, out int bytes, out int lastOpcode)
    {
        var low = Vector256.Load(at);
        var high = Vector256.Load(at + 32);
        ulong marked = LongZeroMarks(low) | (ulong)LongZeroMarks(high) << 32;
        ulong second = SecondBytes(marked);
        int length = Measure(low, (uint)second) + Measure(high, (uint)(second >> 32));
        bytes = BlockBytes;
        if ((marked & ~second) >> 63 != 0)
        {
            bytes--;
            length -= 1 + ((at[bytes] & 63) << 8);
        }

        ulong opcodes = ~second & (ulong.MaxValue >> (BlockBytes - bytes));
        lastOpcode = 63 - BitOperations.LeadingZeroCount(opcodes);
        return length;
    }

    private static uint LongZeroMarks(Vector256<byte> bytes) =>
        Vector256.Equals(bytes & Vector256.Create((byte)(ValueMark | LongZeroMark)), Vector256.Create((byte)LongZeroMark)).ExtractMostSignificantBits();

    // Which bytes are second bytes of an XZERO, given those that look like a first byte. A second byte may look like one too: in a run of such bytes
    // every other is one, beginning with the first. Adding the first of the runs that begin at odd places to the run carries to its end, which tells the
    // parity for all runs at once (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019, find escaped quotes so).
    private static ulong SecondBytes(ulong marked)
    {
        const ulong odd = 0xAAAAAAAAAAAAAAAAUL;
        ulong parity = unchecked(((marked << 1) | odd) - marked) ^ odd;
        return parity ^ marked;
    }

    // XZERO counts 256 for each of the low bits in its first byte, what its second says, and one.
    private static int Measure(Vector256<byte> bytes, uint second)
    {
        var one = Vector256.Create((byte)1);
        var isSecond = ExpandBits(second);
        var isValue = Vector256.LessThan(bytes.AsSByte(), Vector256<sbyte>.Zero).AsByte();
        var isLong = Vector256.AndNot(
            Vector256.Equals(bytes & Vector256.Create((byte)(ValueMark | LongZeroMark)), Vector256.Create((byte)LongZeroMark)), isSecond);
        var count = bytes & Vector256.Create((byte)63);
        var shorts = Vector256.AndNot(Vector256.ConditionalSelect(isValue, bytes & Vector256.Create((byte)3), count), isLong) + one;
        return Sum(Vector256.ConditionalSelect(isSecond, bytes, shorts)) + (Sum(count & isLong) << 8);
    }

    private static Vector256<byte> ExpandBits(uint bits)
    {
        var bit = Vector256.Create(0x8040201008040201UL).AsByte();
        var spread = Vector256.Shuffle(
            Vector256.Create(bits).AsByte(),
            Vector256.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19));
        return Vector256.Equals(spread & bit, bit);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Sum(Vector256<byte> bytes) => Vector256.Sum(Vector256.WidenLower(bytes) + Vector256.WidenUpper(bytes));
}
