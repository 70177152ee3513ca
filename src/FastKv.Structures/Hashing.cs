namespace FastKv.Structures;

public static unsafe class KeyHash
{
    public static ulong Compute(byte* key, int length, ulong seed) => throw new NotImplementedException();
}

public static unsafe class KeySlot
{
    public const int Count = 16384;
    public static int Compute(byte* key, int length) => throw new NotImplementedException();
}

public static class Glob
{
    public static bool IsMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false) => throw new NotImplementedException();
}
