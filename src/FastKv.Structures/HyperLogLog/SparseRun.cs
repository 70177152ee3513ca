namespace FastKv.Structures;

/// <summary>An opcode of a sparse HyperLogLog: registers one behind the other that have the same value. Data plane.</summary>
public unsafe ref struct SparseRun
{
    private readonly byte* _end;
    private byte* _next;

    internal SparseRun(byte* opcodes, byte* end)
    {
        _next = opcodes;
        _end = end;
    }

    /// <summary>How many registers, at least 1.</summary>
    public int Length { get; private set; }

    /// <summary>Their value; 0 to 32.</summary>
    public int Value { get; private set; }

    /// <summary>Whether the run of zeros is written as an XZERO.</summary>
    public bool IsLong { get; private set; }

    /// <summary>Goes to the next opcode; false: there is none.</summary>
    public bool MoveNext()
    {
        if (_next >= _end)
            return false;
        int opcode = *_next++;
        IsLong = SparseRegisters.IsLongZero(opcode);
        Value = 0;
        if (SparseRegisters.IsValue(opcode))
        {
            Value = SparseRegisters.ValueOf(opcode);
            Length = SparseRegisters.ValueLength(opcode);
        }
        else if (IsLong)
        {
            // Its second byte may be cut off, in a value that a client made up: as if it were 0, as in Redis.
            int low = _next < _end ? *_next++ : 0;
            Length = SparseRegisters.LongZeroLength(opcode, low);
        }
        else
        {
            Length = SparseRegisters.ZeroLength(opcode);
        }

        return true;
    }
}
