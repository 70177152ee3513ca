namespace FastKv.Protocol;

public static unsafe class NumberText
{
    public const int Int64CharsMax = 20;
    public static int Format(byte* destination, long value) => throw new NotImplementedException();
    public static bool TryParseInt64(ReadOnlySpan<byte> text, out long value) => throw new NotImplementedException();
    public static bool TryParseUInt64(ReadOnlySpan<byte> text, out ulong value) => throw new NotImplementedException();
    public static bool TryParseDouble(ReadOnlySpan<byte> text, out double value) => throw new NotImplementedException();
    public static int FormatDouble(Span<byte> destination, double value) => throw new NotImplementedException();
}
