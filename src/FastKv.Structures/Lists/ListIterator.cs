using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>
/// A walk over a list from any element to its tail or its head; the list must not change meanwhile. O(1) per element. Data plane.
/// </summary>
public unsafe ref struct ListIterator
{
    private readonly QuickNode* _lastNode;
    private readonly bool _backwards;
    private QuickNode* _node;
    private byte* _next;
    private byte* _end;

    // A list in its entry: one run of elements. Backwards, `next` is where the next element ends.
    internal ListIterator(byte* next, byte* end, bool backwards)
    {
        _next = next;
        _end = end;
        _backwards = backwards;
    }

    internal ListIterator(QuickNode* node, QuickNode* lastNode, byte* next, bool backwards)
    {
        _node = node;
        _lastNode = lastNode;
        _next = next;
        _end = backwards ? node->First : node->Behind;
        _backwards = backwards;
    }

    /// <summary>The element, for <see cref="Listpack"/>'s functions.</summary>
    public byte* Element { get; private set; }

    /// <summary>Goes to the next element; false: there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        if (_next == _end && !MoveToNextNode())
            return false;
        if (_backwards)
        {
            Element = _next = Listpack.Previous(_next);
        }
        else
        {
            Element = _next;
            _next = Listpack.Next(_next);
        }

        return true;
    }

    /// <summary>The element: a view of it, or of <paramref name="scratch"/> (<see cref="Listpack.ScratchBytes"/>) if it is kept as an integer.</summary>
    public readonly ReadOnlySpan<byte> Text(Span<byte> scratch) => Listpack.Text(Element, scratch);

    private bool MoveToNextNode()
    {
        if (_node == _lastNode)
            return false;
        _node += _backwards ? -1 : 1;
        _next = _backwards ? _node->Behind : _node->First;
        _end = _backwards ? _node->First : _node->Behind;
        return true;
    }
}
