// Describes the front of an output chain as iovecs. Data plane.
using FastKv.Memory;
using FastKv.Network.Native;

namespace FastKv.Network;

internal static unsafe class OutputVectors
{
    /// <summary>Pieces per sendmsg: 32 segments of 16 KiB are half a megabyte, more than a socket buffer takes at once by default.</summary>
    internal const int VectorsMax = 32;

    /// <summary>Fills at most 32 vectors from the chain, skipping empty segments. Returns how many; <paramref name="bytes"/> is their sum.</summary>
    internal static int Gather(BufferChain chain, IoVector* vectors, out long bytes)
    {
        int count = 0;
        bytes = 0;
        for (BufferSegment* segment = chain.Head; segment != null && count < VectorsMax; segment = segment->Next)
        {
            int length = segment->Length - segment->Consumed;
            if (length == 0) continue;
            vectors[count].Base = segment->Data + segment->Consumed;
            vectors[count].Length = (nuint)length;
            bytes += length;
            count++;
        }

        return count;
    }
}
