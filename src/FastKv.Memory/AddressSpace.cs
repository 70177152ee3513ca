namespace FastKv.Memory;

public static unsafe class AddressSpace
{
    public const int ReferenceBits = 40;
    public static byte* Base => throw new NotImplementedException();
    public static ulong Compress(byte* block) => throw new NotImplementedException();
    public static byte* Expand(ulong reference) => throw new NotImplementedException();
}
