// Data plane. A place kept open in the output for the header of a reply whose size is known only at its end.
using FastKv.Memory;

namespace FastKv.Protocol;

/// <summary>The open header of a reply; closed exactly once by the End method that matches its Begin.</summary>
public readonly unsafe struct DeferredReply
{
    internal readonly BufferSegment* Placeholder;

    internal DeferredReply(BufferSegment* placeholder) => Placeholder = placeholder;
}
