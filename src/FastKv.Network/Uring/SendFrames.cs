// Message headers and iovecs for the sends of one turn that span several segments. The kernel copies them when it takes the request
// (IORING_FEAT_SUBMIT_STABLE), so that they can be used again after the submission. Data plane.
using System.Runtime.InteropServices;
using FastKv.Memory;
using FastKv.Network.Native;

namespace FastKv.Network.Uring;

internal sealed unsafe class SendFrames : IDisposable
{
    private const int Count = 64;
    private readonly MessageHeader* _headers = (MessageHeader*)NativeMemory.AllocZeroed(Count, (nuint)sizeof(MessageHeader));
    private readonly IoVector* _vectors = (IoVector*)NativeMemory.Alloc(Count * OutputVectors.VectorsMax, (nuint)sizeof(IoVector));
    private int _used;

    internal bool IsFull => _used == Count;

    /// <summary>After a submission: all frames are free.</summary>
    internal void Reset() => _used = 0;

    /// <summary>A header for the front of a chain, and the number of bytes it covers.</summary>
    internal MessageHeader* Next(BufferChain chain, out long bytes)
    {
        MessageHeader* header = _headers + _used;
        header->Vectors = _vectors + (_used * OutputVectors.VectorsMax);
        header->VectorCount = (nuint)OutputVectors.Gather(chain, header->Vectors, out bytes);
        _used++;
        return header;
    }

    public void Dispose()
    {
        NativeMemory.Free(_headers);
        NativeMemory.Free(_vectors);
    }
}
