using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>PFSELFTEST: the registers against a plain array, and the estimate against the truth. Some milliseconds. Control plane.</summary>
public static unsafe class HyperLogLogCheck
{
    private const int Rounds = 100;
    private const int ElementsMax = 100_000;

    // Three standard errors leave 0.3 % of failures; the elements are always the same, so it fails always or never.
    private const double ErrorMax = 3 * 0.0081;

    /// <summary>Runs the tests; an empty text: all have passed.</summary>
    public static string Run()
    {
        using var heap = new NativeHeap("PFSELFTEST");
        string wrong = CheckRegisters(heap);
        return wrong.Length > 0 ? wrong : CheckEstimates(new ValueHeap(heap, 0, new CompactLimits()));
    }

    private static string CheckRegisters(NativeHeap heap)
    {
        var expected = new byte[HyperLogLog.Registers];
        byte* packed = heap.Allocate(HyperLogLog.DenseRegisterBytes);
        byte* bytes = heap.Allocate(HyperLogLog.Registers);
        new Span<byte>(packed, HyperLogLog.DenseRegisterBytes).Clear();
        var random = new Random(HyperLogLog.Registers);
        string wrong = "";
        for (int round = 0; round < Rounds && wrong.Length == 0; round++)
        {
            for (int i = 0; i < HyperLogLog.Registers; i++)
            {
                int register = random.Next(HyperLogLog.Registers);
                int value = random.Next(HyperLogLog.RegisterValues);
                if (DenseRegisters.Raise(packed, register, value) != value > expected[register])
                    wrong = $"TESTFAILED Register {register} was raised to {value} wrongly";
                expected[register] = Math.Max(expected[register], (byte)value);
            }

            DenseRegisters.Unpack(packed, bytes);
            for (int i = 0; i < HyperLogLog.Registers; i++)
            {
                if (DenseRegisters.Get(packed, i) != expected[i] || bytes[i] != expected[i])
                    wrong = $"TESTFAILED Register {i} should be {expected[i]} but is {DenseRegisters.Get(packed, i)}";
            }
        }

        heap.Free(packed, HyperLogLog.DenseRegisterBytes);
        heap.Free(bytes, HyperLogLog.Registers);
        return wrong;
    }

    private static string CheckEstimates(ValueHeap values)
    {
        byte* entry = Create(values, "sparse"u8);
        byte* dense = MakeDense(values, Create(values, "dense"u8));
        string wrong = "";
        Span<byte> element = stackalloc byte[sizeof(int)];
        for (int elements = 1, check = 1; elements <= ElementsMax && wrong.Length == 0; elements++)
        {
            BitConverter.TryWriteBytes(element, elements);
            entry = HyperLogLogValue.Add(values, entry, element, out _);
            dense = HyperLogLogValue.Add(values, dense, element, out _);
            if (elements != check)
                continue;
            check *= 10;
            _ = HyperLogLogValue.TryCount(new EntryRef(entry), out long count);
            _ = HyperLogLogValue.TryCount(new EntryRef(dense), out long denseCount);
            if (count != denseCount || Math.Abs(count - elements) > Math.Ceiling(elements * ErrorMax))
                wrong = $"TESTFAILED {elements} elements are counted as {count}, dense as {denseCount}";
        }

        StringEntry.Free(values.Heap, entry);
        StringEntry.Free(values.Heap, dense);
        return wrong;
    }

    private static byte* Create(ValueHeap values, ReadOnlySpan<byte> key) => HyperLogLogValue.Create(values, key);

    private static byte* MakeDense(ValueHeap values, byte* entry) => HyperLogLogValue.MakeDense(values, entry, out _);
}
